/** Methods that name the kinds of input they are made for, on models of other kinds. */
import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../../src/core/explainer/choose-method.ts';
import { kindsOf } from '../../../src/core/explainer/method-modality.ts';
import { type Method, MODALITIES, type Modality } from '../../../src/core/method/contract.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import ensemble from '../../../src/plugins/wrappers/ensemble.ts';
import { checkContract, openGraph, type Subject, subjects } from '../../../src/testing/node.ts';
import { explainerOf } from '../../support/classifiers.ts';
import { method } from '../../support/trial-method.ts';

const forKinds = (...modalities: Modality[]): Method =>
  method({
    about: { ...method({}).about, ...(modalities.length > 0 && { modalities }) },
    cost: () => ({ forwards: 1, backwards: 0 }),
    explain: async (ctx) => {
      await ctx.evaluate(ctx.inputs);
      const values = ctx.model.inputs.map(({ name }) => [
        name,
        { dtype: 'float32', dims: ctx.inputs[name]?.dims, data: new Float32Array(ctx.inputs[name]?.data.length ?? 0) },
      ]);
      return { values: Object.fromEntries(values) };
    },
  });

const KIND_OF: Readonly<Record<string, Modality>> = { image: 'image', vector: 'vector', tokens: 'tokens' };

describe('about.modalities', () => {
  it('refuses a model of another kind with the kinds of both, and lets its own pass', async () => {
    for (const { name, model, inputs } of await subjects()) {
      for (const modality of MODALITIES) {
        const explainer = explainerOf([forKinds(modality)]);
        const run = explainer.explain(model, { method: 'trial', inputs });
        if (modality === KIND_OF[name]) await expect(run).resolves.toMatchObject({ method: 'trial' });
        else {
          await expect(run).rejects.toMatchObject({
            code: 'unprocessable_method',
            details: { method: 'trial', modalities: [modality], found: [KIND_OF[name]] },
          });
        }
      }
    }
  });

  it('says so before needs is asked, and where methods are listed for a model', async () => {
    const asked: string[] = [];
    const images = { ...forKinds('image'), needs: () => void asked.push('needs') as never };
    const { methods } = explainerOf([images]);
    const [, { model } = { model: undefined }] = await subjects();
    if (!model) throw new Error('no vector model');
    expect(refusalOf(methods, methods.get('trial'), model, model.info())).toBe(
      'trial explains images, but the model takes vectors: choose another method.',
    );
    expect(asked).toEqual([]);
  });

  it('holds for the methods that a wrapper is made of', async () => {
    const explainer = explainerOf([forKinds('image'), ensemble]);
    const [image, vector] = await subjects();
    const run = ({ model, inputs }: Subject) =>
      explainer.explain(model, { method: 'ensemble', params: { methods: ['trial'] }, inputs });
    await expect(run(image as Subject)).resolves.toMatchObject({ method: 'ensemble' });
    await expect(run(vector as Subject)).rejects.toMatchObject({
      code: 'unprocessable_method',
      details: { method: 'trial', modalities: ['image'], found: ['vector'] },
    });
  });

  it('is every kind where none is named', async () => {
    const verdicts = await checkContract(forKinds());
    expect(verdicts.filter(({ outcome }) => outcome === 'broken')).toEqual([]);
    expect(verdicts.some(({ reason }) => reason?.includes('explains'))).toBe(false);
  });

  it('skips the contract on models of other kinds, with the reason', async () => {
    const verdicts = await checkContract(forKinds('image'));
    const ofVector = verdicts.filter(({ subject, promise }) => subject === 'vector' && !promise.includes(': '));
    expect(new Set(ofVector.map(({ outcome, reason }) => `${outcome}: ${reason}`))).toEqual(
      new Set(['does not apply: trial explains images, but the model takes vectors: choose another method.']),
    );
    expect(verdicts.find(({ subject, outcome }) => subject === 'image' && outcome === 'kept')).toBeDefined();
  });
});

describe('kindsOf', () => {
  it.each([
    ['a series', 'float32', ['N', 4, 100], ['series']],
    ['an image', 'float32', ['N', 3, 32, 32], ['image']],
    ['a volume', 'float32', ['N', 1, 8, 32, 32], ['image']],
    ['a vector', 'float32', ['N', 12], ['vector']],
    ['codes that are no embedding', 'int64', ['N', 12], ['vector']],
  ] as const)('takes %s by its shape', async (_, dtype, dims, expected) => {
    const g = GraphBuilder.empty('kinds');
    const x = g.input('values', dtype, [...dims]);
    const flat = g.op('Flatten', [dtype === 'int64' ? g.op('Cast', [x], { to: 1 }) : x]);
    const size = dims.slice(1).reduce<number>((product, dim) => product * Number(dim), 1);
    const weights = g.constant('float32', [size, 2], new Float32Array(2 * size).fill(0.1));
    const model = await openGraph(g.build([g.named(g.op('MatMul', [flat, weights]), 'logits')]));
    for (const kind of expected) expect(kindsOf(model, model.info())).toContain(kind);
  });
});
