/** Tests of the alternative tables of rules: completeness, conservation, and their limits. */
import { describe, expect, it } from 'vitest';
import { COTANGENT, compile, gradientName } from '../../../src/core/autodiff/compile.ts';
import { baselineName } from '../../../src/core/autodiff/reference.ts';
import { defineElementwise } from '../../../src/core/autodiff/rule.ts';
import { defineRuleset, excluding, type Ruleset } from '../../../src/core/autodiff/ruleset.ts';
import { deconvnet } from '../../../src/core/autodiff/rulesets/deconvnet.ts';
import { deeplift } from '../../../src/core/autodiff/rulesets/deeplift.ts';
import { gradient } from '../../../src/core/autodiff/rulesets/gradient.ts';
import { guided } from '../../../src/core/autodiff/rulesets/guided.ts';
import { type LrpComposite, lrp } from '../../../src/core/autodiff/rulesets/lrp.ts';
import { GraphBuilder, type Value } from '../../../src/core/onnx/builder.ts';
import type { Graph } from '../../../src/core/onnx/graph.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import { float32, sizeOf, type Tensor } from '../../../src/core/tensor/tensor.ts';
import { open } from '../../support/engine.ts';

const numbers = (t: Tensor | undefined): number[] => Array.from(t?.data as Float32Array);
const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);

/** Weights that differ from call to call, the same in each run. */
function weightsOf(g: GraphBuilder): (...dims: number[]) => Value {
  let calls = 0;
  return (...dims) =>
    g.constant(
      'float32',
      dims,
      new Random(1, ++calls).normal(sizeOf(dims)).map((v) => v / 2),
    );
}

/** Convolutions with ReLU, a max-pool right behind, a residual sum; without biases unless asked. */
function convolutional({ biases = false } = {}): Graph {
  const g = GraphBuilder.empty('convolutional');
  const w = weightsOf(g);
  const x = g.input('x', 'float32', ['N', 3, 8, 8]);
  const conv = (v: Value, from: number, to: number) =>
    g.op('Conv', [v, w(to, from, 3, 3), biases ? w(to) : null], { pads: [1, 1, 1, 1] });
  const a = g.op('MaxPool', [g.op('Relu', [conv(x, 3, 6)])], {
    kernel_shape: [3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
  });
  const b = g.add(a, g.op('Relu', [conv(a, 6, 6)]));
  const pooled = g.op('Flatten', [g.op('AveragePool', [b], { kernel_shape: [2, 2], strides: [2, 2] })]);
  return g.build([g.named(g.op('Gemm', [pooled, w(5, 24), biases ? w(5) : null], { transB: 1 }), 'logits')]);
}

/** Self-attention with everything that is no linear layer: norms, products, softmax, GELU, division. */
function attention(): Graph {
  const g = GraphBuilder.empty('attention');
  const w = weightsOf(g);
  const x = g.input('x', 'float32', ['N', 4, 6]);
  const normed = g.op('LayerNormalization', [x, g.constant('float32', [6], [1, 0.5, 2, 1, 1.5, 1]), w(6)]);
  const [q, k, v] = [0, 1, 2].map(() => g.op('MatMul', [normed, w(6, 6)])) as [Value, Value, Value];
  const scores = g.div(g.op('MatMul', [q, g.transpose(k, [0, 2, 1])]), g.number(Math.sqrt(6), q));
  const mixed = g.add(x, g.op('MatMul', [g.op('Softmax', [scores]), v]));
  const gated = g.mul(g.op('Gelu', [g.op('MatMul', [mixed, w(6, 6)])]), g.op('Sigmoid', [mixed]));
  const ratio = g.div(gated, g.add(g.op('Softplus', [mixed]), g.number(1, mixed)));
  const pooled = g.op('ReduceMean', [ratio, g.ints([1])], { keepdims: 0 });
  return g.build([g.named(g.op('MatMul', [pooled, w(6, 3)]), 'logits')]);
}

/** Blocks of a residual layer and a layer normalisation with a shift, as in transformers that normalise last. */
function blocks(count: number): Graph {
  const g = GraphBuilder.empty('blocks');
  const w = weightsOf(g);
  let x = g.input('x', 'float32', ['N', 4, 6]);
  for (let i = 0; i < count; i++) {
    const hidden = g.op('Relu', [g.add(g.op('MatMul', [x, w(6, 12)]), w(12))]);
    x = g.op('LayerNormalization', [g.add(x, g.op('MatMul', [hidden, w(12, 6)])), w(6), w(6)]);
  }
  const pooled = g.op('ReduceMean', [x, g.ints([1])], { keepdims: 0 });
  return g.build([g.named(g.op('MatMul', [pooled, w(6, 3)]), 'logits')]);
}

/** Norms over places and over groups of channels, each behind an input that is almost even: its variance is tiny. */
function normalised(): Graph {
  const g = GraphBuilder.empty('normalised');
  const w = weightsOf(g);
  const x = g.input('x', 'float32', ['N', 3, 5, 5]);
  const conv = (v: Value, from: number, to: number) => g.op('Conv', [v, w(to, from, 3, 3), w(to)]);
  const instances = g.op('InstanceNormalization', [conv(x, 3, 4), w(4), w(4)]);
  const groups = g.op('GroupNormalization', [g.op('Elu', [instances]), w(4), w(4)], { num_groups: 2 });
  const pooled = g.op('Flatten', [g.op('MaxPool', [groups], { kernel_shape: [2, 2] })]);
  return g.build([g.named(g.op('MatMul', [pooled, w(16, 3)]), 'logits')]);
}

/** Self-attention that may not look ahead: its mask is minus infinity. */
function causal(): Graph {
  const g = GraphBuilder.empty('causal');
  const w = weightsOf(g);
  const x = g.input('x', 'float32', ['N', 3, 4]);
  const [q, k, v] = [0, 1, 2].map(() => g.op('MatMul', [x, w(4, 4)])) as [Value, Value, Value];
  const mask = Array.from({ length: 9 }, (_, i) => (i % 3 > Math.floor(i / 3) ? -Infinity : 0));
  const scores = g.add(g.op('MatMul', [q, g.transpose(k, [0, 2, 1])]), g.constant('float32', [3, 3], mask));
  const mixed = g.op('MatMul', [g.op('Softmax', [scores]), v]);
  return g.build([g.named(g.op('ReduceMean', [mixed, g.ints([1])], { keepdims: 0 }), 'logits')]);
}

async function run(graph: Graph, ruleset: Ruleset, feeds: Record<string, Tensor>, target: number, classes: number) {
  const session = await open(compile(graph, { scores: 'logits', gradients: ['x'], ruleset }));
  const cotangent = float32([1, classes]);
  cotangent.data[target] = 1;
  const answer = await session({ ...feeds, [COTANGENT]: cotangent });
  await session.release();
  return { signal: numbers(answer[gradientName('x')]), score: numbers(answer.logits)[target] as number };
}

describe('DeepLIFT', () => {
  it.each([
    ['convolutions with a max-pool behind a ReLU', convolutional({ biases: true }), [1, 3, 8, 8], 5],
    ['attention, norms, products and quotients', attention(), [1, 4, 6], 3],
    ['instance and group norms', normalised(), [1, 3, 5, 5], 3],
    ['attention with a mask', causal(), [1, 3, 4], 4],
  ] as const)('sums to the difference of the score through %s', async (_, graph, dims, classes) => {
    const x = float32(dims, new Random(4).normal(sizeOf(dims)));
    for (const baseline of [float32(dims), float32(dims, new Random(5).normal(sizeOf(dims)))]) {
      for (const target of [0, 2]) {
        const { signal, score } = await run(graph, deeplift, { x, [baselineName('x')]: baseline }, target, classes);
        const { score: before } = await run(graph, gradient, { x: baseline }, target, classes);
        const total = sum(signal.map((m, i) => m * ((x.data[i] as number) - (baseline.data[i] as number))));
        expect(Math.abs(total - (score - before))).toBeLessThan(2e-4 * Math.max(1, Math.abs(score - before)));
      }
    }
  });

  it('is the gradient where the input equals its baseline', async () => {
    const x = float32([1, 4, 6], new Random(6).normal(24));
    const { signal } = await run(attention(), deeplift, { x, [baselineName('x')]: x }, 1, 3);
    const { signal: slope } = await run(attention(), gradient, { x }, 1, 3);
    for (const [i, v] of signal.entries()) expect(v).toBeCloseTo(slope[i] as number, 4);
  });
});

describe('LRP', () => {
  const x = float32([1, 3, 8, 8], new Random(7).normal(192));

  it.each([
    'epsilon',
    'epsilon_plus',
    'epsilon_plus_flat',
    'epsilon_gamma_box',
    'epsilon_alpha2_beta1',
  ] as LrpComposite[])('%s hands on all relevance of a net without biases', async (composite) => {
    const { signal, score } = await run(convolutional(), lrp({ composite, low: -4, high: 4 }), { x }, 3, 5);
    expect(sum(signal)).toBeCloseTo(score, 3);
  });

  it.each(['epsilon', 'epsilon_plus', 'epsilon_gamma_box', 'epsilon_alpha2_beta1'] as LrpComposite[])(
    '%s loses no relevance to biases that count as zero',
    async (composite) => {
      const options = { composite, low: -4, high: 4 };
      const graph = () => convolutional({ biases: true });
      const { signal, score } = await run(graph(), lrp({ ...options, zeroParams: 'bias' }), { x }, 3, 5);
      expect(Math.abs(sum(signal) - score)).toBeLessThan(1e-3 * Math.abs(score));
      const plain = await run(graph(), lrp(options), { x }, 3, 5);
      expect(Math.abs(sum(plain.signal) - score)).toBeGreaterThan(5e-3 * Math.abs(score));
    },
  );

  it('equals gradient times input on a ReLU network for a small epsilon', async () => {
    const { signal } = await run(convolutional(), lrp({ composite: 'epsilon', epsilon: 1e-9 }), { x }, 2, 5);
    const { signal: slope } = await run(convolutional(), gradient, { x }, 2, 5);
    for (const [i, v] of signal.entries()) expect(v).toBeCloseTo((slope[i] as number) * (x.data[i] as number), 4);
  });

  it('uses another rule for a named layer', async () => {
    const plain = await run(convolutional(), lrp({ composite: 'epsilon' }), { x }, 0, 5);
    const changed = await run(convolutional(), lrp({ composite: 'epsilon', rules: { Conv: 'flat' } }), { x }, 0, 5);
    expect(sum(changed.signal)).toBeCloseTo(sum(plain.signal), 3);
    expect(changed.signal).not.toEqual(plain.signal);
  });

  it('keeps relevance in the order of the score behind eight layer normalisations', async () => {
    const tokens = float32([1, 4, 6], new Random(9).normal(24));
    const { signal, score } = await run(blocks(8), lrp(), { x: tokens }, 1, 3);
    expect(Math.max(...signal.map(Math.abs))).toBeLessThan(10 * Math.abs(score));
  });

  it('loses no relevance to shifts of a layer normalisation that count as zero', async () => {
    const tokens = float32([1, 4, 6], new Random(9).normal(24));
    const { signal, score } = await run(blocks(1), lrp({ zeroParams: 'bias' }), { x: tokens }, 1, 3);
    expect(Math.abs(sum(signal) - score)).toBeLessThan(1e-2 * Math.abs(score));
    const plain = await run(blocks(1), lrp(), { x: tokens }, 1, 3);
    expect(Math.abs(sum(plain.signal) - score)).toBeGreaterThan(5e-2 * Math.abs(score));
  });

  it.each([
    ['instance and group norms', normalised(), [1, 3, 5, 5], 3],
    ['attention', attention(), [1, 4, 6], 3],
    ['a mask of minus infinity', causal(), [1, 3, 4], 4],
  ] as const)('gives finite, nonzero relevance through %s', async (_, graph, dims, classes) => {
    const tokens = float32(dims, new Random(8).normal(sizeOf(dims)));
    const { signal } = await run(graph, lrp({ composite: 'epsilon' }), { x: tokens }, 1, classes);
    expect(signal.every(Number.isFinite)).toBe(true);
    expect(signal.some((v) => v !== 0)).toBe(true);
  });
});

describe('rulesets', () => {
  it('block negative signals at ReLUs: guided and deconvnet', async () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 3]);
    const graph = g.build([g.named(g.mul(g.op('Relu', [x]), g.constant('float32', [3], [2, -2, 2])), 'logits')]);
    const session = async (ruleset: Ruleset) => {
      const it = await open(compile(graph, { scores: 'logits', gradients: ['x'], ruleset }));
      return numbers(
        (await it({ x: float32([1, 3], [1, 1, -1]), [COTANGENT]: float32([1, 3], [1, 1, 1]) }))[gradientName('x')],
      );
    };
    expect(await session(gradient)).toEqual([2, -2, 0]);
    expect(await session(guided)).toEqual([2, 0, 0]);
    expect(await session(deconvnet)).toEqual([2, 0, 2]);
    expect(await session(excluding(guided, ['Relu'], gradient))).toEqual([2, -2, 0]);
  });

  it('may override one operator for a single compilation', async () => {
    const doubled = defineRuleset({
      id: 'doubled',
      title: 'Twice the gradient of ReLU',
      base: gradient,
      rules: [defineElementwise({ op: 'Relu', since: [6], derivative: ({ g, dy }) => g.add(dy, dy) })],
    });
    const graph = convolutional();
    const before = compile(graph, { scores: 'logits', gradients: ['x'] });
    expect(compile(graph, { scores: 'logits', gradients: ['x'], ruleset: doubled })).not.toEqual(before);
    expect(compile(graph, { scores: 'logits', gradients: ['x'] })).toEqual(before);
    expect(() => defineRuleset({ ...doubled, rules: [...gradientTwice()] })).toThrow(/two rules for Relu/);
  });
});

const gradientTwice = () => [0, 1].map(() => defineElementwise({ op: 'Relu', since: [6], derivative: ({ dy }) => dy }));

describe('finish', () => {
  const squares = (base: Ruleset): Ruleset =>
    defineRuleset({
      id: 'squares',
      title: 'Squares',
      base,
      rules: [],
      finish: (g, derivative, tensor) =>
        tensor === 'x' ? g.reduce('ReduceSum', g.mul(derivative, derivative), [1]) : derivative,
    });

  it('folds a derivative of the requested tensors, and is inherited', async () => {
    const model = convolutional();
    const inner = model.nodes.find(({ op }) => op === 'Relu')?.outputs[0] as string;
    const request = { scores: 'logits', gradients: ['x', inner] };
    const feeds = {
      x: float32([2, 3, 8, 8], new Random(4).normal(384)),
      [COTANGENT]: float32([2, 5], new Random(5).normal(10)),
    };
    const plain = await (await open(compile(model, request)))(feeds);
    const ruleset = defineRuleset({ id: 'more', title: 'More', base: squares(gradient), rules: [] });
    const folded = await (await open(compile(model, { ...request, ruleset })))(feeds);
    const slopes = numbers(plain[gradientName('x')]);
    const result = folded[gradientName('x')] as Tensor;
    expect(result.dims).toEqual([2, 1, 8, 8]);
    for (const [i, value] of numbers(result).entries()) {
      const [row, place] = [Math.floor(i / 64), i % 64];
      const expected = sum([0, 1, 2].map((c) => (slopes[(row * 3 + c) * 64 + place] as number) ** 2));
      expect(value).toBeCloseTo(expected, 5);
    }
    expect(numbers(folded[gradientName(inner)])).toEqual(numbers(plain[gradientName(inner)]));
  });
});
