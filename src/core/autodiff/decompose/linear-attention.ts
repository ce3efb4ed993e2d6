/**
 * LinearAttention: a state per head that each step updates and reads, unrolled over a length that is known before the
 * run. Shapes below: B rows, T steps, H heads of the state, G queries for each of them, K and V the widths of a head.
 * @see https://onnx.ai/onnx/operators/onnx__LinearAttention.html
 */
import { floatAttribute, intAttribute, stringAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import type { Node } from '../../onnx/graph.ts';
import { refuse } from '../rules/axes.ts';
import type { Decomposition, DecompositionContext } from './decomposition.ts';

/** Operands at each step. */
interface Steps {
  /** [B, H, G, K] */
  readonly query: readonly Value[];
  /** [B, H, K, 1] */
  readonly keyColumn: readonly Value[];
  /** [B, H, 1, K] */
  readonly keyRow: readonly Value[];
  /** [B, H, 1, V] */
  readonly value: readonly Value[];
  /** Factor of the state, [B, H, K or 1, 1]. */
  readonly decay?: readonly Value[];
  /** Rate of the update, [B, H or 1, 1, 1]. */
  readonly rate?: readonly Value[];
}

/** The slices [B, ...] of a value [B, T, ...] along its steps. */
function stepsOf(g: GraphBuilder, x: Value, length: number): readonly Value[] {
  const parts = length === 1 ? [x] : g.ops('Split', [x], { axis: 1, num_outputs: length }, length);
  return parts.map((part) => g.op('Squeeze', [part, g.ints([1])]));
}

function stepsFrom({ g, node, inputs, input }: DecompositionContext, length: number, rule: string): Steps {
  const heads = intAttribute(node, 'kv_num_heads', 0);
  const shaped = (x: Value, ...dims: number[]) => stepsOf(g, g.op('Reshape', [x, g.ints([0, 0, ...dims])]), length);
  const [, , , , decay, rate] = inputs;
  if (rule.startsWith('gated') && !decay) refuse(node, `the update rule "${rule}" needs a decay`);
  if (rule.endsWith('delta') && !rate) refuse(node, `the update rule "${rule}" needs a rate`);
  return {
    query: shaped(input(0), heads, intAttribute(node, 'q_num_heads', 0) / heads, -1),
    keyColumn: shaped(input(1), heads, -1, 1),
    keyRow: shaped(input(1), heads, 1, -1),
    value: shaped(input(2), heads, 1, -1),
    ...(rule.startsWith('gated') && { decay: shaped(g.op('Exp', [decay as Value]), heads, -1, 1) }),
    ...(rule.endsWith('delta') && { rate: shaped(rate as Value, -1, 1, 1) }),
  };
}

/** The state after one step, [B, H, K, V]; no state stands for zeros. */
function nextState(g: GraphBuilder, steps: Steps, step: number, before: Value | undefined): Value {
  const at = (values: readonly Value[] | undefined): Value => values?.[step] as Value;
  const kept = before && steps.decay ? g.mul(at(steps.decay), before) : before;
  const known = kept && steps.rate && g.op('MatMul', [at(steps.keyRow), kept]);
  const change = known ? g.sub(at(steps.value), known) : at(steps.value);
  const update = g.mul(at(steps.keyColumn), steps.rate ? g.mul(at(steps.rate), change) : change);
  return kept ? g.add(kept, update) : update;
}

function unrolled(context: DecompositionContext): readonly Value[] {
  const { g, node, inputs, input } = context;
  const [query, past] = [input(0), inputs[3]];
  const [, length, width] = query.dims ?? [];
  if (typeof length !== 'number' || length === 0) refuse(node, 'its number of steps is not known before the run');
  const scale = floatAttribute(node, 'scale', 0) || perWidth(node, width);
  const steps = stepsFrom(context, length, stringAttribute(node, 'update_rule', 'gated_delta'));
  const reads: Value[] = [];
  let state = past;
  for (let step = 0; step < length; step++) {
    state = nextState(g, steps, step, state);
    reads.push(g.op('Unsqueeze', [g.op('MatMul', [steps.query[step] as Value, state]), g.ints([1])]));
  }
  const all = reads.length === 1 ? (reads[0] as Value) : g.op('Concat', reads, { axis: 1 });
  return [g.mul(g.op('Reshape', [all, g.ints([0, 0, -1])]), g.number(scale, query)), state as Value];
}

/** The scale that stands for none: one over the root of the width of a query. */
function perWidth(node: Node, width: unknown): number {
  if (typeof width !== 'number') refuse(node, 'the width of its queries is not known before the run');
  return 1 / Math.sqrt(width / intAttribute(node, 'q_num_heads', 1));
}

const note = 'Over a number of steps that is known before the run.';

export const linearAttentionDecompositions: readonly Decomposition[] = [
  { op: 'LinearAttention', always: true, note, rewrite: unrolled },
  { op: 'LinearAttention', domain: 'com.microsoft', note, rewrite: unrolled },
];
