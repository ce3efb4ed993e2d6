/** Softmax, sigmoid and log-softmax that are spelled out in arithmetic: recognised, with the scores in front of them. */
import { describe, expect, it } from 'vitest';
import { finalActivation } from '../../../src/core/model/describe/activation.ts';
import { int } from '../../../src/core/onnx/attributes.ts';
import { makeConstant } from '../../../src/core/onnx/constant.ts';
import type { Node } from '../../../src/core/onnx/graph.ts';
import { graphOf, node } from '../../support/onnx-file.ts';

const one = (value: number) => makeConstant('float32', [], [value]);
const constants = new Map([
  ['one', one(1)],
  ['two', one(2)],
  ['half', one(0.5)],
  ['minus', one(-1)],
  ['last', makeConstant('int64', [1], [-1])],
]);

const activationOf = (...nodes: Node[]) =>
  finalActivation(
    graphOf({
      inputs: [{ name: 'z', dtype: 'float32', dims: ['N', 4] }],
      outputs: [{ name: 'y', dtype: 'float32' }],
      constants,
      nodes,
    }),
    'y',
  );

const exp = node('Exp', ['z'], ['e']);
const sum = node('ReduceSum', ['e', 'last'], ['s']);
const shift = [node('ReduceMax', ['z', 'last'], ['m']), node('Sub', ['z', 'm'], ['d']), node('Exp', ['d'], ['e'])];

describe('a softmax spelled out', () => {
  it.each([
    ['as a quotient', [exp, sum, node('Div', ['e', 's'], ['y'])]],
    ['as a product with the reciprocal', [exp, sum, node('Reciprocal', ['s'], ['r']), node('Mul', ['r', 'e'], ['y'])]],
    ['with the largest score taken off', [...shift, sum, node('Div', ['e', 's'], ['y'])]],
    [
      'with a sum whose axis is put back',
      [exp, sum, node('Unsqueeze', ['s', 'last'], ['u']), node('Div', ['e', 'u'], ['y'])],
    ],
  ])('is recognised %s', (_, nodes) => {
    expect(activationOf(...nodes)).toEqual({ activation: 'exp_normalised', logits: 'z', axis: -1 });
  });

  it('is none where the sum is that of something else', () => {
    expect(activationOf(exp, node('ReduceSum', ['z', 'last'], ['s']), node('Div', ['e', 's'], ['y'])).activation).toBe(
      'none',
    );
  });
});

describe('a sigmoid spelled out', () => {
  const negative = [node('Neg', ['z'], ['n']), node('Exp', ['n'], ['e']), node('Add', ['one', 'e'], ['a'])];
  const halved = [node('Mul', ['z', 'half'], ['h']), node('Tanh', ['h'], ['t'])];
  it.each([
    ['as a reciprocal', [...negative, node('Reciprocal', ['a'], ['y'])]],
    ['as one over a sum', [...negative, node('Div', ['one', 'a'], ['y'])]],
    [
      'with a product with minus one',
      [node('Mul', ['z', 'minus'], ['n']), ...negative.slice(1), node('Div', ['one', 'a'], ['y'])],
    ],
    ['as the share of an exponential', [exp, node('Add', ['e', 'one'], ['a']), node('Div', ['e', 'a'], ['y'])]],
    ['by tanh, shifted last', [...halved, node('Mul', ['half', 't'], ['q']), node('Add', ['q', 'half'], ['y'])]],
    ['by tanh, scaled last', [...halved, node('Add', ['t', 'one'], ['q']), node('Mul', ['q', 'half'], ['y'])]],
  ])('is recognised %s', (_, nodes) => {
    expect(activationOf(...nodes)).toEqual({ activation: 'sigmoid', logits: 'z' });
  });

  it('is none with another number in the sum', () => {
    const other = [...negative.slice(0, 2), node('Add', ['two', 'e'], ['a']), node('Div', ['one', 'a'], ['y'])];
    expect(activationOf(...other).activation).toBe('none');
  });
});

describe('a log-softmax spelled out', () => {
  it.each([
    ['by ReduceLogSumExp', [node('ReduceLogSumExp', ['z', 'last'], ['l']), node('Sub', ['z', 'l'], ['y'])]],
    ['by the logarithm of a sum', [exp, sum, node('Log', ['s'], ['l']), node('Sub', ['z', 'l'], ['y'])]],
    ['as the logarithm of a softmax', [node('Softmax', ['z'], ['p'], { axis: int(-1) }), node('Log', ['p'], ['y'])]],
  ])('is recognised %s', (_, nodes) => {
    expect(activationOf(...nodes)).toEqual({ activation: 'log_softmax', logits: 'z', axis: -1 });
  });
});
