/** Facts that a request states, against the description of the same model. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

/** Two inputs of 3 numbers, their weighted sum as scores, and the product as a second output. */
function twoOutputs() {
  const g = GraphBuilder.empty('pair');
  const a = g.input('a', 'float32', ['N', 3]);
  const b = g.input('b', 'float32', ['N', 3]);
  const sum = g.op('Add', [g.op('Mul', [a, g.constant('float32', [3], [1, 2, 3])]), b]);
  return openGraph(g.build([g.named(sum, 'sum'), g.named(g.op('Mul', [a, b]), 'product')]));
}

const inputs = { a: float32([1, 3], [1, 2, 3]), b: float32([1, 3], [4, 5, 6]) };
const explainer = explainerOf(plugins.map(({ method }) => method));

describe('Model.corrected', () => {
  it('returns the model itself for a request that corrects nothing', async () => {
    const model = await twoOutputs();
    expect(model.corrected()).toBe(model);
    expect(model.corrected({})).toBe(model);
  });

  it('states each fact with the source request, and computes the same', async () => {
    const model = await twoOutputs();
    const corrected = model.corrected({
      output: 'product',
      task: 'classification',
      class_axis: 1,
      hold: ['b'],
      labels: ['x', 'y', 'z'],
    });
    const { explained, inputs: facts } = corrected.description;
    expect(explained).toMatchObject({
      name: 'product',
      task: { value: 'classification', source: 'request' },
      classAxis: { value: 1, source: 'request' },
      labels: { value: { names: ['x', 'y', 'z'] }, source: 'request' },
    });
    expect(facts.find(({ name }) => name === 'b')?.role).toEqual({ value: 'fixed', source: 'request' });
    expect(corrected.digest).toBe(model.digest);
    expect(model.description.explained.name).toBe('sum');
  });

  it('settles the doubts that it answers', async () => {
    const model = await twoOutputs();
    expect(model.description.doubts.map(({ about }) => about)).toContain('task');
    expect(model.corrected({ task: 'regression' }).description.doubts.map(({ about }) => about)).not.toContain('task');
  });

  it.each([
    [{ output: 'produkt' }, 'There is no output "produkt". Did you mean product?'],
    [{ hold: ['c'] }, 'There is no input "c".'],
    [{ class_axis: 5 }, 'class_axis must be below 2, not 5'],
    [{ hold: ['a', 'b'] }, 'nothing is left to explain'],
    [{ labels: ['one', 'two', 'three', 'four'] }, 'There are 4 labels, but the output has 3 classes'],
  ])('refuses %j as a fault of the request', async (corrections, message) => {
    const model = await twoOutputs();
    expect(() => model.corrected(corrections)).toThrow(
      expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining(message) }),
    );
  });
});

describe('an explanation with corrections', () => {
  it('refuses a task that does not exist, with the nearest', async () => {
    const model = await twoOutputs();
    const corrections = { task: 'clasification' };
    expect(() => explainer.plan(model, { method: 'saliency', inputs, corrections })).toThrow(
      'Did you mean classification or',
    );
    await expect(explainer.answer(model, { inputs, corrections })).rejects.toThrow('Did you mean classification or');
  });

  it('explains the stated output and gives held inputs no attribution', async () => {
    const model = await twoOutputs();
    const request = { method: 'saliency', params: { absolute: false }, target: 1, inputs };
    const plain = await explainer.explain(model, request);
    expect(Array.from(plain.rows[0]?.values.a?.data ?? [])).toEqual([0, 2, 0]);
    const corrections = { output: 'product', hold: ['b'] };
    const { rows, reading } = await explainer.explain(model, { ...request, corrections });
    expect(Object.keys(rows[0]?.values ?? {})).toEqual(['a']);
    expect(Array.from(rows[0]?.values.a?.data ?? [])).toEqual([0, 5, 0]);
    expect(reading?.corrections).toEqual(corrections);
  });
});
