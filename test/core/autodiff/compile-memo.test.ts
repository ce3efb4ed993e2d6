/** Compilations of one model that share a memo are refused, counted and accepted as on their own. */
import { describe, expect, it } from 'vitest';
import { compile } from '../../../src/core/autodiff/compile.ts';
import { CompileMemo } from '../../../src/core/autodiff/compile-memo.ts';
import { defineElementwise, defineRule } from '../../../src/core/autodiff/rule.ts';
import { defineRuleset } from '../../../src/core/autodiff/ruleset.ts';
import { gradient } from '../../../src/core/autodiff/rulesets/gradient.ts';
import { rulesets } from '../../../src/core/autodiff/rulesets/index.ts';
import { WhylightError } from '../../../src/core/errors.ts';
import { GraphBuilder, type Value } from '../../../src/core/onnx/builder.ts';
import { COMPILE_LIMITS, type CompileLimits } from '../../../src/core/onnx/compile-budget.ts';
import type { Graph } from '../../../src/core/onnx/graph.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { recurrent } from '../../support/recurrent.ts';

const request = { scores: 'scores', gradients: ['x'] };

/** Convolution, bias, activation, pooling and classifier; `extra` stands between the last two. */
function network(extra: (g: GraphBuilder, x: Value) => Value): Graph {
  const g = GraphBuilder.empty('network');
  const kernel = g.constant(
    'float32',
    [4, 3, 3, 3],
    Array.from({ length: 108 }, (_, i) => Math.sin(i)),
  );
  const bias = g.constant('float32', [4, 1, 1], [1, 2, 3, 4]);
  const convolved = g.op('Conv', [g.input('x', 'float32', ['N', 3, 8, 8]), kernel], { pads: [1, 1, 1, 1] });
  const pooled = g.op('MaxPool', [g.op('Relu', [g.add(convolved, bias)])], { kernel_shape: [2, 2], strides: [2, 2] });
  const flat = g.op('Flatten', [g.op('GlobalAveragePool', [extra(g, pooled)])]);
  const head = g.constant('float32', [4, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
  return g.build([g.named(g.op('Softmax', [g.op('MatMul', [flat, head])]), 'scores')]);
}

const plain = network((_, x) => x);
const quantised = network((g, x) => {
  const step = g.scalar(0.1);
  return g.op('DequantizeLinear', [g.op('QuantizeLinear', [x, step]), step]);
});
/** An operator without a rule: its scale is that of the whole batch. */
const refused = network((g, x) => {
  const [levels, step, zero] = g.ops('DynamicQuantizeLinear', [x], {}, 3);
  return g.op('DequantizeLinear', [levels, step, zero]);
});
const graphs = { plain, quantised, refused, recurrent: recurrent(6) };

/** Message of the error that a compilation ends with; `compiled` if it ends well. */
function outcome(compilation: () => Graph): string {
  try {
    compilation();
    return 'compiled';
  } catch (error) {
    if (WhylightError.is(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
}

describe('a draft with a memo', () => {
  it.each(Object.entries(graphs))('ends as the compilation on its own for every ruleset (%s)', (_, graph) => {
    const memo = new CompileMemo();
    outcome(() => compile(graph, { ...request, memo }));
    for (const ruleset of rulesets.values()) {
      const alone = outcome(() => compile(graph, { ...request, ruleset }));
      const draft = outcome(() => compile(graph, { ...request, ruleset, memo, draft: true }));
      expect(draft, ruleset.id).toBe(alone);
    }
  });

  it('applies no rule again that another ruleset applied to the same node', () => {
    let calls = 0;
    const convolution = gradient.rule({ node: nodeOf('Conv'), first: false, last: false });
    const counting = defineRule({
      op: 'Conv',
      since: [1, 11],
      cases: [],
      vjp: (context) => {
        calls++;
        return convolution?.vjp(context) ?? [];
      },
    });
    const base = defineRuleset({ id: 'counting', title: 'Counting', base: gradient, rules: [counting] });
    const relu = defineElementwise({ op: 'Relu', since: [6], surrogate: true, derivative: ({ dy }) => dy });
    const linear = defineRuleset({ id: 'linear', title: 'Linear', base, rules: [relu] });
    const memo = new CompileMemo();
    for (const ruleset of [base, linear, base]) compile(plain, { ...request, ruleset, memo, draft: true });
    expect(calls).toBe(1);
    compile(plain, { ...request, ruleset: linear, memo });
    expect(calls).toBe(2);
  });

  it.each(['nodes', 'work'] as const)('is refused at the same limit of %s as without', (limit) => {
    const graph = recurrent(50);
    const least = leastLimit(limit, (limits) => compile(graph, { ...request, limits, draft: true }));
    const memo = new CompileMemo();
    compile(graph, { ...request, memo });
    const draft = (limits: CompileLimits) => outcome(() => compile(graph, { ...request, limits, memo, draft: true }));
    expect(draft({ ...COMPILE_LIMITS, [limit]: least })).toBe('compiled');
    expect(draft({ ...COMPILE_LIMITS, [limit]: least - 1 })).toMatch(/^compilation_limit/);
  });
});

describe('the graph of an operator without a rule', () => {
  it('is refused', () => {
    expect(outcome(() => compile(refused, request))).toMatch(/^not_differentiable: .*DynamicQuantizeLinear/);
  });
});

describe('a compilation with a memo', () => {
  it('gives the same bytes as without, for speed and for memory', () => {
    for (const graph of Object.values(graphs).filter((each) => each !== refused)) {
      const memo = new CompileMemo();
      compile(graph, { ...request, memo, draft: true });
      for (const optimize of ['speed', 'memory'] as const) {
        const shared = write(compile(graph, { ...request, optimize, memo })).graph;
        expect(Buffer.compare(shared, write(compile(graph, { ...request, optimize })).graph)).toBe(0);
      }
    }
  });
});

function nodeOf(op: string) {
  const node = plain.nodes.find((each) => each.op === op);
  if (!node) throw new Error(`The network has no ${op}.`);
  return node;
}

/** The lowest limit under which a compilation ends well. */
function leastLimit(limit: 'nodes' | 'work', compilation: (limits: CompileLimits) => Graph): number {
  let [low, high] = [0, COMPILE_LIMITS[limit]];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (outcome(() => compilation({ ...COMPILE_LIMITS, [limit]: middle })) === 'compiled') high = middle;
    else low = middle;
  }
  return high;
}
