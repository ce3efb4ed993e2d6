/** A compilation ends with an error of its own before it takes more than it may. */
import { describe, expect, it } from 'vitest';
import { compile } from '../../../src/core/autodiff/compile.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { COMPILE_LIMITS, CompileBudget } from '../../../src/core/onnx/compile-budget.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import saliency from '../../../src/plugins/gradient/saliency.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';
import { recurrent } from '../../support/recurrent.ts';

/** A short-time Fourier transform with one frame as long as the signal: its kernels are a matrix of length by length. */
function oneFrame(samples: number) {
  const g = GraphBuilder.empty('spectrum');
  const x = g.input('x', 'float32', ['N', samples, 1]);
  const window = g.constant('float32', [samples], Array(samples).fill(1));
  const spectrum = g.op('STFT', [x, g.scalar(samples, 'int64'), window], {});
  return g.build([g.named(g.op('Flatten', [spectrum]), 'scores')]);
}

const request = { scores: 'scores', gradients: ['x'] };
const limits = (changes: Partial<typeof COMPILE_LIMITS>) => ({ ...request, limits: { ...COMPILE_LIMITS, ...changes } });
const exceeds = (limit: string) =>
  expect.objectContaining({ code: 'compilation_limit', details: expect.objectContaining({ limit }) });

describe('compile', () => {
  it('stops at the limit of nodes where a recurrent layer is unrolled', () => {
    expect(() => compile(recurrent(50), limits({ nodes: 300 }))).toThrow(exceeds('nodes'));
    expect(compile(recurrent(50), request).nodes.length).toBeGreaterThan(300);
  });

  it('stops at the limit of constants before it makes a matrix of the length of the signal squared', () => {
    expect(() => compile(oneFrame(30_000), request)).toThrow(exceeds('constantBytes'));
    expect(() => compile(oneFrame(64), limits({ constantBytes: 1000 }))).toThrow(exceeds('constantBytes'));
    expect(compile(oneFrame(64), request).outputs).toHaveLength(2);
  });

  it('stops at the limit of work where many passes visit many nodes', () => {
    expect(() => compile(recurrent(50), limits({ work: 5000 }))).toThrow(exceeds('work'));
    expect(compile(recurrent(50), limits({ work: 20_000 })).outputs).toHaveLength(2);
  });

  it('stops when the time is over', () => {
    expect(() => compile(recurrent(50), limits({ milliseconds: 0 }))).toThrow(exceeds('milliseconds'));
  });
});

describe('CompileBudget', () => {
  it('looks at the time with every node', () => {
    let now = 0;
    const budget = new CompileBudget({ nodes: 10, constantBytes: 10, work: 10, milliseconds: 5 }, () => now);
    budget.node();
    now = 6;
    expect(() => budget.node()).toThrow('would take more than 5 ms');
  });

  it('counts visits of nodes, and computed constants by their size', () => {
    const budget = new CompileBudget({ nodes: 10, constantBytes: 2 ** 20, work: 10, milliseconds: 5 }, () => 0);
    budget.visit(7);
    budget.computed(2 * 2048);
    budget.node();
    expect(() => budget.computed(2048)).toThrow(exceeds('work'));
  });

  it('counts constants together', () => {
    const budget = new CompileBudget({ nodes: 10, constantBytes: 10, work: 10, milliseconds: 5 }, () => 0);
    budget.constant(6);
    budget.fits(4);
    expect(() => budget.constant(5)).toThrow(exceeds('constantBytes'));
  });
});

describe('an explanation', () => {
  it('is refused with the way out when its graph is over the limits of the explainer', async () => {
    const explainer = explainerOf([saliency], { compilation: { ...COMPILE_LIMITS, nodes: 300 } });
    const model = await openGraph(recurrent(50));
    const inputs = { x: float32([1, 50, 2]) };
    await expect(explainer.explain(model, { method: 'saliency', target: 0, inputs })).rejects.toMatchObject({
      code: 'compilation_limit',
      message: expect.stringContaining('use a perturbation method'),
    });
  });
});
