/** LSTM, GRU and RNN, unrolled over a length that is known before the run. Formulas and names of the gates are ONNX's. */
import {
  floatAttribute,
  floatsAttribute,
  intAttribute,
  stringAttribute,
  stringsAttribute,
} from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import type { Node } from '../../onnx/graph.ts';
import { refuse, upTo } from '../rules/axes.ts';
import { activation } from './activation.ts';
import type { Decomposition, DecompositionContext } from './decomposition.ts';

/** Hidden state and, for LSTM, cell state: [1, N, H]; undefined stands for zeros. */
interface State {
  readonly h?: Value;
  readonly c?: Value;
}

/** Operands of the cell of one direction. */
interface Cell {
  readonly g: GraphBuilder;
  readonly node: Node;
  /** The input's share of all gates at one step, biases of the input included: [1, N, gates * H]. */
  readonly fromInput: Value;
  /** [H, gates * H] */
  readonly recurrence: Value;
  /** [gates * H] */
  readonly recurrentBias?: Value;
  /** [3 * H] */
  readonly peepholes?: Value;
  /** Length of the state. */
  readonly hidden: number;
  /** The functions f, g, h. */
  readonly f: readonly ((x: Value) => Value)[];
}

const WITH_ALPHA = /^(LeakyRelu|ThresholdedRelu|Elu|HardSigmoid|ScaledTanh|Affine)$/i;
const WITH_BETA = /^(HardSigmoid|ScaledTanh|Affine)$/i;

/** The activation functions of all directions, in order, each with the parameters it takes from the lists. */
function activations(
  g: GraphBuilder,
  node: Node,
  defaults: readonly string[],
  directions: number,
): ((x: Value) => Value)[] {
  const names = stringsAttribute(node, 'activations', Array.from({ length: directions }, () => defaults).flat());
  const [alphas, betas] = ['activation_alpha', 'activation_beta'].map((name) => [
    ...floatsAttribute(node, name, []),
  ]) as [number[], number[]];
  const clip = floatAttribute(node, 'clip', 0);
  return names.map((name, i) => {
    const alpha = WITH_ALPHA.test(name) ? alphas.shift() : undefined;
    const beta = WITH_BETA.test(name) ? betas.shift() : undefined;
    // The last function of an LSTM reads the cell, which is not clipped.
    const clips = clip > 0 && i % defaults.length < 2;
    return (x) => {
      const within = clips ? g.op('Clip', [x, g.number(-clip, x), g.number(clip, x)]) : x;
      return activation(g, node, name, within, [alpha, beta] as number[]);
    };
  });
}

const gatesOf = (g: GraphBuilder, x: Value, count: number): Value[] =>
  g.ops('Split', [x], { axis: -1, num_outputs: count }, count);
const plus = (g: GraphBuilder, a: Value, b: Value | undefined): Value => (b ? g.add(a, b) : a);

/** Parts of the last axis, of these lengths. */
const partsOf = (g: GraphBuilder, x: Value, lengths: readonly number[]): Value[] =>
  lengths.length === 1 ? [x] : g.ops('Split', [x, g.ints(lengths)], { axis: -1 }, lengths.length);

function lstm(cell: Cell, { h, c }: State): State {
  const { g, fromInput, recurrence, recurrentBias, f } = cell;
  const [, candidate, output] = f as [(x: Value) => Value, (x: Value) => Value, (x: Value) => Value];
  const all = plus(g, plus(g, fromInput, h && g.op('MatMul', [h, recurrence])), recurrentBias);
  const { i, forget, c0, out } = lstmGates(cell, all, c);
  const next = plus(g, g.mul(i, candidate(c0)), c && forget && g.mul(forget, c));
  return { h: g.mul(out(next), output(next)), c: next };
}

interface LstmGates {
  readonly i: Value;
  readonly forget: Value | undefined;
  /** Argument of the candidate's function. */
  readonly c0: Value;
  /** Output gate, which may see the new cell. */
  readonly out: (next: Value) => Value;
}

/** Gates of one step: one function of all of them side by side, unless each sees the cell in its own way. */
function lstmGates({ g, node, peepholes, hidden, f }: Cell, all: Value, c: Value | undefined): LstmGates {
  const [gate] = f as [(x: Value) => Value];
  if (intAttribute(node, 'input_forget', 0) === 0 && !peepholes) {
    const [gates, c0] = partsOf(g, all, [3 * hidden, hidden]) as [Value, Value];
    const [i, out, forget] = gatesOf(g, gate(gates), 3) as [Value, Value, Value];
    return { i, forget, c0, out: () => out };
  }
  const [i0, o0, f0, c0] = gatesOf(g, all, 4) as [Value, Value, Value, Value];
  const [pi, po, pf] = peepholes ? gatesOf(g, peepholes, 3) : [];
  const seen = (x: Value, p: Value | undefined, from: Value | undefined): Value =>
    p && from ? g.add(x, g.mul(p, from)) : x;
  const i = gate(seen(i0, pi, c));
  const forget = intAttribute(node, 'input_forget', 0) === 1 ? g.sub(g.number(1, i), i) : gate(seen(f0, pf, c));
  return { i, forget, c0, out: (next) => gate(seen(o0, po, next)) };
}

function gru(cell: Cell, { h }: State): State {
  const { g, node, fromInput, recurrence, recurrentBias, hidden, f } = cell;
  const [gate, candidate] = f as [(x: Value) => Value, (x: Value) => Value];
  // Update and reset gates side by side, then the candidate.
  const two = (v: Value): [Value, Value] => partsOf(g, v, [2 * hidden, hidden]) as [Value, Value];
  const [xGates, xh] = two(fromInput);
  const [bGates, bh] = recurrentBias ? two(recurrentBias) : [];
  const [rGates, rh] = two(recurrence);
  const times = (state: Value | undefined, r: Value): Value | undefined => state && g.op('MatMul', [state, r]);
  const [z, r] = gatesOf(g, gate(plus(g, plus(g, xGates, times(h, rGates)), bGates)), 2) as [Value, Value];
  const late = intAttribute(node, 'linear_before_reset', 0) !== 0;
  const own = (): Value | undefined => {
    const product = times(h, rh);
    const shifted = product && bh ? g.add(product, bh) : (product ?? bh);
    return shifted && g.mul(r, shifted);
  };
  const fresh = candidate(late ? plus(g, xh, own()) : plus(g, plus(g, xh, times(h && g.mul(r, h), rh)), bh));
  return { h: plus(g, g.mul(g.sub(g.number(1, z), z), fresh), h && g.mul(z, h)) };
}

function rnn({ g, fromInput, recurrence, recurrentBias, f }: Cell, { h }: State): State {
  const [gate] = f as [(x: Value) => Value];
  return { h: gate(plus(g, plus(g, fromInput, h && g.op('MatMul', [h, recurrence])), recurrentBias)) };
}

type Step = (cell: Cell, state: State) => State;

/** Steps that add both biases alike, so that they are added once for all. */
const ONE_BIAS: ReadonlySet<Step> = new Set([lstm, rnn]);

/** One direction: its hidden states [T, N, H] and the last states. */
function run(
  { g, node, inputs }: DecompositionContext,
  x: Value,
  length: number,
  step: Step,
  d: number,
  f: Cell['f'],
  reversed: boolean,
) {
  const own = (v: Value | undefined): Value | undefined =>
    v && g.op('Squeeze', [g.op('Slice', [v, g.ints([d]), g.ints([d + 1]), g.ints([0])]), g.ints([0])]);
  const [weights, recurrence, biases, peepholes] = [inputs[1], inputs[2], inputs[3], inputs[7]].map(own) as [
    Value,
    Value,
    Value | undefined,
    Value | undefined,
  ];
  const [ownBias, stateBias] = biases ? (gatesOf(g, biases, 2) as [Value, Value]) : [];
  const isOne = ONE_BIAS.has(step) && ownBias && stateBias;
  const [inputBias, recurrentBias] = isOne ? [g.add(ownBias, stateBias)] : [ownBias, stateBias];
  const hidden = recurrence.dims?.at(-1);
  if (typeof hidden !== 'number') refuse(node, 'the length of its state is not known before the run');
  const lengths = inputs[4] && g.op('Cast', [inputs[4]], { to: 7 });
  const turn = (v: Value): Value =>
    reversed && lengths ? g.op('ReverseSequence', [v, lengths], { time_axis: 0, batch_axis: 1 }) : v;
  const all = plus(g, g.op('MatMul', [turn(x), g.transpose(weights, [1, 0])]), inputBias);
  const steps = length === 1 ? [all] : g.ops('Split', [all], { axis: 0, num_outputs: length }, length);
  const initial = (i: number): Value | undefined =>
    inputs[i] && g.op('Slice', [initialState(g, node, inputs[i]), g.ints([d]), g.ints([d + 1]), g.ints([0])]);
  const transposed = g.transpose(recurrence, [1, 0]);
  let state: State = { h: initial(5), c: initial(6) };
  const outputs: Value[] = [];
  const backwards = reversed && !lengths;
  for (const t of backwards ? upTo(length).reverse() : upTo(length)) {
    const next = step(
      { g, node, fromInput: steps[t] as Value, recurrence: transposed, recurrentBias, peepholes, hidden, f },
      state,
    );
    outputs[t] = next.h as Value;
    if (!lengths) {
      state = next;
      continue;
    }
    // Rows that have ended keep their state and give zeros.
    const goesOn = g.op('Unsqueeze', [g.op('Greater', [lengths, g.scalar(t, lengths.dtype)]), g.ints([0, 2])]);
    const kept = (fresh: Value | undefined, old: Value | undefined): Value | undefined =>
      fresh && g.where(goesOn, fresh, old ?? g.number(0, fresh));
    outputs[t] = g.where(goesOn, next.h as Value, g.number(0, next.h as Value));
    state = { h: kept(next.h, state.h), c: kept(next.c, state.c) };
  }
  const sequence = outputs.length === 1 ? (outputs[0] as Value) : g.op('Concat', outputs, { axis: 0 });
  return { sequence: turn(sequence), ...state };
}

/** Initial states come as [N, D, H] with layout 1. */
const initialState = (g: GraphBuilder, node: Node, state: Value | undefined): Value =>
  intAttribute(node, 'layout', 0) === 1 ? g.transpose(state as Value, [1, 0, 2]) : (state as Value);

const recurrent = (op: string, defaults: readonly string[], step: Step): Decomposition => ({
  op,
  note: 'Unrolled over a length that is known before the run.',
  rewrite(context) {
    const { g, node, input } = context;
    const batchFirst = intAttribute(node, 'layout', 0) === 1;
    const x = batchFirst ? g.transpose(input(0), [1, 0, 2]) : input(0);
    const length = x.dims?.[0];
    if (typeof length !== 'number' || length < 1)
      refuse(node, 'the length of its sequence is not known before the run');
    const direction = stringAttribute(node, 'direction', 'forward');
    const reversed = direction === 'bidirectional' ? [false, true] : [direction === 'reverse'];
    const f = activations(g, node, defaults, reversed.length);
    const runs = reversed.map((back, d) =>
      run(context, x, length, step, d, f.slice(d * defaults.length, (d + 1) * defaults.length), back),
    );
    const joined = (values: Value[], axis: number): Value =>
      values.length === 1 ? (values[0] as Value) : g.op('Concat', values, { axis });
    const sequence = joined(
      runs.map((r) => g.op('Unsqueeze', [r.sequence, g.ints([1])])),
      1,
    );
    const last = (of: 'h' | 'c'): Value | undefined => {
      if (runs.some((r) => !r[of])) return undefined;
      const state = joined(
        runs.map((r) => r[of] as Value),
        0,
      );
      return batchFirst ? g.transpose(state, [1, 0, 2]) : state;
    };
    return [batchFirst ? g.transpose(sequence, [2, 0, 1, 3]) : sequence, last('h'), last('c')];
  },
});

export const recurrentDecompositions: readonly Decomposition[] = [
  recurrent('LSTM', ['Sigmoid', 'Tanh', 'Tanh'], lstm),
  recurrent('GRU', ['Sigmoid', 'Tanh'], gru),
  recurrent('RNN', ['Tanh'], rnn),
];
