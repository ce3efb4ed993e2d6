/** A bad plugin for each promise of the contract: the suite names the promise, and another request does not notice. */
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { WhylightError } from '../../src/core/errors.ts';
import { AXIOMS, type Axiom, type ExplainContext, type Method } from '../../src/core/method/contract.ts';
import { checkMethod } from '../../src/core/method/define.ts';
import { float32 } from '../../src/core/tensor/tensor.ts';
import saliency from '../../src/plugins/gradient/saliency.ts';
import {
  bothEngines,
  checkContract,
  imageGraph,
  imageTensor,
  openGraph,
  testMethod,
  vector,
  vectorGraph,
} from '../../src/testing/node.ts';
import { explainerOf } from '../support/classifiers.ts';
import { method } from '../support/trial-method.ts';

const subjects = async () => [{ name: 'vector', model: await openGraph(vectorGraph()), inputs: { x: vector() } }];

const good: Method = method({
  params: z.object({ scale: z.number().default(1).describe('Multiplies the values.') }),
  explain: async (ctx) => {
    for (let i = 0; i < 3; i++) await ctx.evaluate({ x: { ...x(ctx) } });
    return attribution(ctx);
  },
});

const x = (ctx: ExplainContext<unknown>) =>
  ctx.inputs.x as { dtype: 'float32'; dims: number[]; data: Float32Array<ArrayBuffer> };
const attribution = (ctx: ExplainContext<unknown>, change: (value: number) => number = (value) => value) => ({
  values: { x: { ...x(ctx), data: x(ctx).data.map(change) } },
});

let calls = 0;

/** Faulty methods, each with the promise that it breaks. */
const BAD: [promise: string, what: string, method: Partial<Method>][] = [
  ['needs and cost are pure', 'an impure cost', { cost: () => ({ forwards: 3 + (calls++ % 2), backwards: 0 }) }],
  ['cost equals what was evaluated', 'a wrong count', { cost: () => ({ forwards: 7, backwards: 0 }) }],
  [
    'cost equals what was evaluated',
    'an endless loop of evaluations',
    {
      explain: async (ctx) => {
        for (;;) await ctx.evaluate(ctx.inputs);
      },
    },
  ],
  [
    'cost equals what was evaluated',
    'an endless loop that catches the abort',
    {
      explain: async (ctx) => {
        for (;;) await ctx.evaluate(ctx.inputs).catch(() => {});
      },
    },
  ],
  [
    'the same seed gives the same bytes',
    'unseeded randomness',
    {
      explain: async (ctx) => {
        for (let i = 0; i < 3; i++) await ctx.evaluate(ctx.inputs);
        return attribution(ctx, (value) => value + Math.random());
      },
    },
  ],
  [
    'the same seed gives the same bytes',
    'randomness that it denies',
    {
      explain: async (ctx) => {
        for (let i = 0; i < 3; i++) await ctx.evaluate(ctx.inputs);
        const [noise = 0] = ctx.random.normal(1);
        return attribution(ctx, (value) => value + noise);
      },
    },
  ],
  [
    'the size of the batch does not matter',
    'values that depend on the batch',
    {
      explain: async (ctx) => {
        for (let i = 0; i < 3; i++) await ctx.evaluate({ x: { ...x(ctx) } });
        return attribution(ctx, (value) => value * ctx.batchSize);
      },
    },
  ],
  [
    'each row is explained by itself',
    'state between rows',
    {
      explain: async (ctx) => {
        for (let i = 0; i < 3; i++) await ctx.evaluate({ x: { ...x(ctx) } });
        return attribution(ctx, (value) => value + ctx.batch.index);
      },
    },
  ],
  [
    'stops when the caller gives up',
    'ignoring the abort',
    {
      explain: async (ctx) => {
        for (let i = 0; i < 3; i++) await ctx.evaluate({ x: { ...x(ctx) } }).catch(() => {});
        return attribution(ctx);
      },
    },
  ],
  [
    'values are finite and have the shape of an input or a layer',
    'NaN',
    {
      explain: async (ctx) => {
        for (let i = 0; i < 3; i++) await ctx.evaluate(ctx.inputs);
        return attribution(ctx, () => Number.NaN);
      },
    },
  ],
  [
    'gives finite numbers for an input of zeros',
    'a division by the input',
    {
      explain: async (ctx) => {
        for (let i = 0; i < 3; i++) await ctx.evaluate({ x: { ...x(ctx) } });
        return attribution(ctx, (value) => 1 / value);
      },
    },
  ],
  [
    'answers without an error',
    'throwing',
    {
      explain: async () => {
        throw new Error('secret: /home/author');
      },
    },
  ],
  [
    'values are finite and have the shape of an input or a layer',
    'a wrong shape',
    {
      explain: async (ctx) => {
        for (let i = 0; i < 3; i++) await ctx.evaluate(ctx.inputs);
        return { values: { x: { dtype: 'float32', dims: [1, 4], data: new Float32Array(4) } } };
      },
    },
  ],
  [
    'values are finite and have the shape of an input or a layer',
    'a value that is not a tensor',
    {
      explain: async (ctx) => {
        for (let i = 0; i < 3; i++) await ctx.evaluate(ctx.inputs);
        return { values: { x: {} } } as never;
      },
    },
  ],
  [
    'another target gives another map, where the method says so',
    'a map that no target changes',
    {
      about: { ...good.about, properties: { ...good.about.properties, classDiscriminative: true } },
      explain: async (ctx) => {
        for (let i = 0; i < 3; i++) await ctx.evaluate({ x: { ...x(ctx) } });
        return attribution(ctx, () => 1);
      },
    },
  ],
  [
    'leaves the input as it is',
    'a write to the input',
    {
      explain: async (ctx) => {
        for (let i = 0; i < 3; i++) await ctx.evaluate({ x: { ...x(ctx) } });
        const result = attribution(ctx);
        x(ctx).data.set([7]);
        return result;
      },
    },
  ],
  [
    'holds the axioms that it declares',
    'a sum that is none',
    {
      about: { ...good.about, properties: { ...good.about.properties, complete: true } },
      explain: async (ctx) => {
        for (let i = 0; i < 3; i++) await ctx.evaluate({ x: { ...x(ctx) } });
        return { ...attribution(ctx), baselineScore: ctx.score - 1000, convergenceDelta: 0 };
      },
    },
  ],
  [
    'describes every parameter and gives it a default that its schema takes',
    'a parameter without a description',
    { params: z.object({ scale: z.number().default(1) }) },
  ],
];

describe('checkContract', () => {
  it('finds nothing broken in a correct method', async () => {
    const verdicts = await checkContract(good, { subjects });
    expect(verdicts.filter(({ outcome }) => outcome === 'broken')).toEqual([]);
    expect(verdicts.filter(({ outcome }) => outcome === 'kept').length).toBe(13);
  });

  it('counts what was not tried as "does not apply", not as kept', async () => {
    const outcomes = async (change: Partial<Method>) => {
      const verdicts = await checkContract({ ...good, ...change }, { subjects });
      return (promise: string) => verdicts.find((one) => one.promise.startsWith(promise))?.outcome;
    };
    const random = await outcomes({
      about: { ...good.about, properties: { ...good.about.properties, deterministic: false } },
    });
    expect(random('each row')).toBe('does not apply');
    expect(random('the same seed')).toBe('kept');
    const failing = await outcomes({ explain: () => Promise.reject(new Error('no')) });
    expect([failing('answers without'), failing('the same seed')]).toEqual(['broken', 'does not apply']);
  });

  it.each(BAD)('reports the broken promise "%s" for %s', async (promise, _, change) => {
    const verdicts = await checkContract({ ...good, ...change }, { subjects });
    const broken = verdicts.filter(({ outcome }) => outcome === 'broken');
    // One fault may break several promises; the one that it is about comes first.
    expect(broken.map((one) => one.promise)[0]).toBe(promise);
    expect(broken[0]?.problem?.length).toBeGreaterThan(20);
    for (const { problem } of broken) expect(problem).not.toMatch(/[^.]\.\.( |$)/);
  });

  it('breaks one promise for a definition that is no method, and tries no other', async () => {
    const verdicts = await checkContract({ ...good, params: z.object({ scale: z.number().default(1) }) }, { subjects });
    expect(verdicts.filter(({ outcome }) => outcome === 'broken')).toHaveLength(1);
    expect(new Set(verdicts.flatMap(({ reason }) => reason ?? []))).toEqual(
      new Set(['the definition is no valid method: see the first promise']),
    );
  });

  it('gives the reason of what was not tried, in the words of a method that refuses the model', async () => {
    const needs = (): never => {
      throw new WhylightError('unprocessable_method', 'There is no feature map: use another method.');
    };
    const verdicts = await checkContract({ ...good, needs }, { subjects });
    const reasons = verdicts.flatMap(({ promise, reason }) => (promise.includes(': ') ? [] : (reason ?? [])));
    expect(reasons.length).toBe(13);
    expect(new Set(reasons)).toEqual(new Set(['There is no feature map: use another method.']));
    const skipped: string[] = [];
    const runs: Promise<void>[] = [];
    const runner = {
      describe: (_: string, body: () => void) => body(),
      it: (_: string, test: (...context: readonly unknown[]) => Promise<void>) =>
        void runs.push(test({ skip: (reason: string) => void skipped.push(reason) })),
    };
    testMethod({ ...good, needs }, { subjects }, runner);
    await Promise.all(runs);
    expect(skipped).toContain('There is no feature map: use another method.');
    expect(skipped).toContain('about.axioms does not name it');
  });

  it('names both shapes that values over a layer may have', async () => {
    const wrong: Method = {
      ...good,
      needs: () => ({ activations: ['features'] }),
      cost: () => ({ forwards: 1, backwards: 0 }),
      explain: async (ctx) => {
        await ctx.evaluate(ctx.inputs);
        return { values: { features: float32([1, 8, 8, 1]) } };
      },
    };
    const image = async () => [
      { name: 'image', model: await openGraph(imageGraph()), inputs: { image: imageTensor() } },
    ];
    const [broken] = (await checkContract(wrong, { subjects: image })).filter(({ outcome }) => outcome === 'broken');
    expect(broken?.problem).toContain(
      'the values for "features" have the shape [1, 8, 8, 1], expected [1, 5, 8, 8], or [1, 1, 8, 8] with one value for all channels.',
    );
  });

  it('reports a method whose result depends on the engine', async () => {
    const [native] = await bothEngines();
    if (!native) throw new Error('no engine');
    const other = { ...native, name: 'other' };
    const differs: Method = {
      ...good,
      explain: async (ctx) => {
        const { scores } = await ctx.evaluate({ x: { ...x(ctx) } });
        for (let i = 0; i < 2; i++) await ctx.evaluate({ x: { ...x(ctx) } });
        return attribution(ctx, (value) => value * (scores[0] as number));
      },
    };
    const wrong = {
      ...other,
      load: async (...model: Parameters<typeof native.load>) => {
        const session = await native.load(...model);
        return {
          ...session,
          run: async (feeds: Parameters<typeof session.run>[0]) => {
            const results = await session.run(feeds);
            for (const { data } of Object.values(results))
              (data as Float32Array).set((data as Float32Array).map((value) => value * 2));
            return results;
          },
        };
      },
    };
    const verdicts = await checkContract(differs, { subjects, engines: async () => [native, wrong as never] });
    expect(verdicts.find(({ outcome }) => outcome === 'broken')).toMatchObject({
      promise: 'both engines give the same result',
    });
  });

  it('testMethod without a test runner says what to pass', () => {
    expect(() => testMethod(good)).toThrow('pass { describe, it }');
  });
});

/** The signed gradient, changed. */
const gradient = (axiom: Axiom, change: (slope: number, element: number) => number): Method => ({
  ...saliency,
  id: 'trial',
  about: { ...saliency.about, properties: { ...saliency.about.properties, signed: true }, axioms: [axiom] },
  presets: {},
  params: z.object({}),
  explain: async (ctx) => {
    const { gradients } = await ctx.evaluate(ctx.inputs);
    const entries = Object.entries(gradients).map(([name, { dims, data }]) => [name, float32(dims, data.map(change))]);
    return { values: Object.fromEntries(entries) };
  },
});

/** One for each axiom that it claims and breaks. */
const CLAIMS: Readonly<Record<Axiom, (slope: number, element: number) => number>> = {
  symmetry: (slope, element) => slope * (element + 1),
  dummy: (slope) => slope + 1,
  linearity: Math.abs,
  // The input of the trial lies where the model is flat.
  sensitivity: (slope) => slope,
};

describe('the check of a claimed axiom', () => {
  it.each(AXIOMS)('finds %s broken for image, vector and token models', async (axiom) => {
    const verdicts = await checkContract(gradient(axiom, CLAIMS[axiom]));
    const broken = verdicts.filter(({ outcome }) => outcome === 'broken');
    expect(broken.map(({ subject }) => subject)).toEqual(
      // No request gives a baseline for an embedding.
      axiom === 'sensitivity' ? ['image', 'vector'] : ['image', 'vector', 'tokens'],
    );
    for (const { promise } of broken) expect(promise.startsWith(`${axiom}: `)).toBe(true);
  });

  it.each(AXIOMS.filter((axiom) => axiom !== 'sensitivity'))('finds %s kept by the gradient', async (axiom) => {
    const verdicts = await checkContract(gradient(axiom, (slope) => slope));
    const kept = verdicts.filter(({ promise }) => promise.startsWith(`${axiom}: `));
    expect(kept.map(({ outcome }) => outcome)).toEqual(['kept', 'kept', 'kept']);
  });

  it('refuses an unknown axiom', async () => {
    const method = gradient('beauty' as Axiom, (slope) => slope);
    expect(() => checkMethod(method)).toThrow('about.axioms may name symmetry, dummy, linearity, sensitivity');
  });
});

describe('a method that breaks the contract', () => {
  it.each(BAD)('does not change a concurrent explanation (%s: %s)', async (_, __, change) => {
    const model = await openGraph(vectorGraph());
    let bad: Method = { ...good, ...change };
    if (change.params) bad = { ...bad, params: good.params };
    const explainer = explainerOf([bad, saliency]);
    const alone = await explainer.explain(model, { method: 'saliency', inputs: { x: vector() } });
    const [outcome, beside] = await Promise.all([
      explainer.explain(model, { method: 'trial', inputs: { x: vector() } }).catch((error: unknown) => error),
      explainer.explain(model, { method: 'saliency', inputs: { x: vector() } }),
    ]);
    expect(beside.rows).toEqual(alone.rows);
    if (!(outcome instanceof Error)) return;
    expect(WhylightError.is(outcome, 'method_failed')).toBe(true);
    expect(outcome.message).toContain('"trial"');
    expect(outcome.message).not.toContain('secret');
  });
});
