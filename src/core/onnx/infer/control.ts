/** Operators that hold graphs: If, Loop and Scan. */
import { graphAttribute, intAttribute, intsAttribute } from '../attributes.ts';
import type { Dim, Graph, Node } from '../graph.ts';
import { fail, normalAxis } from './checks.ts';
import { type Inferred, type Inputs, ofType, type Rule, type Rules, required, unknownDim } from './rule.ts';

const subgraph = (node: Node, name: string): Graph =>
  graphAttribute(node, name) ?? fail(node, `its ${name} is missing.`, { attribute: name });

/** A condition that is known picks its branch; else an output is what both branches agree on. */
const conditional: Rule = (node, inputs, scope) => {
  const [condition] = required(node, inputs, 0).value ?? [];
  const branch = (name: string): readonly Inferred[] => scope.inferSubgraph(subgraph(node, name), []);
  if (typeof condition === 'number') return branch(condition === 0 ? 'else_branch' : 'then_branch');
  const otherwise = branch('else_branch');
  return branch('then_branch').map((type, i) => common(node, type, otherwise[i] ?? type, i));
};

/** Type that fits both values. */
function common(node: Node, a: Inferred, b: Inferred, output: number): Inferred {
  const agree = a.dims && b.dims && a.dims.length === b.dims.length;
  if (!agree) return ofType(a.dtype, undefined);
  const dims = a.dims?.map((d, axis): Dim => (d === b.dims?.[axis] ? d : unknownDim(node, axis, output)));
  return ofType(a.dtype, dims);
}

/** Trip count, condition, then the carried values; gives the carried values, then one row of each scan output per turn. */
const loop: Rule = (node, inputs, scope) => {
  const body = subgraph(node, 'body');
  const carried = inputs.slice(2);
  const turns = inputs[0]?.value?.[0];
  // Whenever the body runs, its condition held.
  const run = (states: Inferred[]): readonly Inferred[] =>
    scope.inferSubgraph(body, [ofType('int64', []), { dtype: 'bool', dims: [], value: [1] }, ...states]);
  const { outputs, states } = settle(node, carried, (current) => run(current).slice(1));
  // Engines obey the body's condition even where the loop is given none to begin with.
  const begins = inputs[1] === undefined || inputs[1].value?.[0] === 1;
  const always = begins && run(states)[0]?.value?.[0] === 1;
  const rows = (i: number): Dim => (always ? turns : undefined) ?? unknownDim(node, 0, i);
  return [
    ...states,
    ...outputs.slice(states.length).map((o, i) => ofType(o.dtype, o.dims && [rows(states.length + i), ...o.dims])),
  ];
};

/** Carried values, then sequences that are read one step at a time. */
const scan: Rule = (node, inputs, scope) => {
  const body = subgraph(node, 'body');
  const sequences = intAttribute(node, 'num_scan_inputs', 1);
  const count = inputs.length - sequences;
  const axes = intsAttribute(node, 'scan_input_axes', []);
  let length: Dim | undefined;
  const steps = inputs.slice(count).map((sequence, i): Inferred => {
    if (!sequence?.dims) return ofType(sequence?.dtype ?? 'float32', undefined);
    const axis = normalAxis(node, axes[i] ?? 0, sequence.dims.length);
    length ??= sequence.dims[axis];
    return ofType(sequence.dtype, sequence.dims.toSpliced(axis, 1));
  });
  const { outputs, states } = settle(node, inputs.slice(0, count), (current) =>
    scope.inferSubgraph(body, [...current, ...steps]),
  );
  const outputAxes = intsAttribute(node, 'scan_output_axes', []);
  const stacked = outputs.slice(count).map(({ dtype, dims }, i) => {
    const axis = dims && normalAxis(node, outputAxes[i] ?? 0, dims.length + 1);
    return ofType(dtype, dims?.toSpliced(axis as number, 0, length ?? unknownDim(node, axis as number, count + i)));
  });
  return [...states, ...stacked];
};

/** Runs a body until its carried values keep their types: what changes from turn to turn is not known. */
function settle(node: Node, initial: Inputs, turn: (states: Inferred[]) => readonly Inferred[]) {
  let states = initial.map((state) =>
    state ? ofType(state.dtype, state.dims) : fail(node, 'a carried value is missing.'),
  );
  for (;;) {
    const outputs = turn(states);
    const next = states.map((state, i) => common(node, state, outputs[i] ?? state, i));
    const settled = next.every((state, i) => state.dims?.join() === states[i]?.dims?.join());
    states = next;
    if (settled) return { outputs, states };
  }
}

export const controls: Rules = { If: conditional, Loop: loop, Scan: scan };
