/** Decomposition of If, Loop and Scan whose branch or number of turns is known before the run. */
import { graphAttribute, intAttribute, intsAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { captured, withSubgraphs } from '../../onnx/edit.ts';
import type { Constant, Graph, Node } from '../../onnx/graph.ts';
import { fromFront, refuse, upTo } from '../rules/axes.ts';
import type { Decomposition } from './decomposition.ts';

/** Turns after which a loop counts as endless. */
const MAX_ITERATIONS = 1000;

/** Writes the nodes of a subgraph, its inputs bound to `inputs`; gives the values of its outputs. */
function inline(g: GraphBuilder, graph: Graph, inputs: readonly Value[], constants: Map<Constant, Value>): Value[] {
  const bound = new Map<string, Value>(graph.inputs.map(({ name }, i) => [name, inputs[i] as Value]));
  for (const [name, constant] of graph.constants) {
    const value = constants.get(constant) ?? g.constantOf(constant);
    constants.set(constant, value);
    bound.set(name, value);
  }
  const find = (name: string): Value => bound.get(name) ?? g.value(name);
  for (const node of graph.nodes) {
    const own = withSubgraphs(node, (inner) => renamed(inner, (name) => bound.get(name)?.name ?? name));
    const outputs = g.copy(
      own,
      node.inputs.map((name) => (name === '' ? undefined : find(name))),
    );
    for (const [i, name] of node.outputs.entries()) if (name !== '') bound.set(name, outputs[i] as Value);
  }
  return graph.outputs.map(({ name }) => find(name));
}

/** The graph with what it takes from outside under other names. */
function renamed(graph: Graph, name: (old: string) => string): Graph {
  const outside = new Set(captured(graph));
  const change = (old: string): string => (outside.has(old) ? name(old) : old);
  return {
    ...graph,
    outputs: graph.outputs.map((output) => ({ ...output, name: change(output.name) })),
    nodes: graph.nodes.map((node) => ({
      ...withSubgraphs(node, (inner) => renamed(inner, change)),
      inputs: node.inputs.map(change),
    })),
  };
}

/** A scalar truth that is known before the run. */
const truth = (value: Value | undefined): boolean | undefined => {
  const [known] = value?.value ?? [];
  return typeof known === 'number' ? known !== 0 : undefined;
};

/** Values of all turns along a new axis. */
function stacked(g: GraphBuilder, node: Node, turns: readonly Value[], axis: number): Value {
  if (turns.length === 0) refuse(node, 'it never turns, and its collected values are empty');
  const rows = turns.map((value) => g.op('Unsqueeze', [value, g.ints([axis])]));
  return rows.length === 1 ? (rows[0] as Value) : g.op('Concat', rows, { axis });
}

export const controlDecompositions: readonly Decomposition[] = [
  {
    op: 'If',
    note: 'With a condition that is known before the run.',
    rewrite({ g, node, input }) {
      const condition = truth(input(0));
      if (condition === undefined) return undefined;
      return inline(g, graphAttribute(node, condition ? 'then_branch' : 'else_branch') as Graph, [], new Map());
    },
  },
  {
    op: 'Loop',
    note: 'With a number of turns that is known before the run.',
    rewrite({ g, node, inputs: [count, condition, ...carried] }) {
      const body = graphAttribute(node, 'body') as Graph;
      const turns = count?.value?.[0] ?? (count ? undefined : MAX_ITERATIONS);
      if (typeof turns !== 'number' || (condition && truth(condition) === undefined)) return undefined;
      const rankOfTurn = body.inputs[0]?.dims?.length ?? 0;
      const constants = new Map<Constant, Value>();
      let states = carried as Value[];
      const collected: Value[][] = [];
      let goesOn = condition === undefined || truth(condition) === true;
      for (let turn = 0; goesOn && turn < turns; turn++) {
        if (turn >= MAX_ITERATIONS - 1) refuse(node, `it turns ${MAX_ITERATIONS} times or more`);
        const index = g.constant('int64', Array<number>(rankOfTurn).fill(1), [turn]);
        const truthful = g.constant('bool', body.inputs[1]?.dims?.length === 1 ? [1] : [], [1]);
        const [next, ...results] = inline(g, body, [index, truthful, ...states], constants);
        states = results.slice(0, states.length);
        collected.push(results.slice(states.length));
        // Engines ask the body's condition even where the node has none.
        const known = truth(next);
        if (known === undefined) return undefined;
        goesOn = known;
      }
      const scans = body.outputs.length - 1 - states.length;
      return [
        ...states,
        ...upTo(scans).map((i) =>
          stacked(
            g,
            node,
            collected.map((row) => row[i] as Value),
            0,
          ),
        ),
      ];
    },
  },
  {
    op: 'Scan',
    note: 'Over a length that is known before the run.',
    rewrite({ g, node, inputs }) {
      const body = graphAttribute(node, 'body') as Graph;
      const count = intAttribute(node, 'num_scan_inputs', 1);
      let states = inputs.slice(0, -count) as Value[];
      const backwards = (name: string, i: number): boolean => (intsAttribute(node, name, [])[i] ?? 0) === 1;
      const sequences = (inputs.slice(-count) as Value[]).map((x, i) => {
        const axis = fromFront(intsAttribute(node, 'scan_input_axes', [])[i] ?? 0, x.dims?.length ?? 0);
        const length = x.dims?.[axis];
        if (typeof length !== 'number') refuse(node, 'the length of its sequence is not known before the run');
        const parts = length === 1 ? [x] : g.ops('Split', [x], { axis, num_outputs: length }, length);
        const rows = parts.map((part) => g.op('Squeeze', [part, g.ints([axis])]));
        return backwards('scan_input_directions', i) ? rows.reverse() : rows;
      });
      const constants = new Map<Constant, Value>();
      const collected: Value[][] = [];
      for (const turn of upTo(sequences[0]?.length ?? 0)) {
        if (turn >= MAX_ITERATIONS) refuse(node, `it turns ${MAX_ITERATIONS} times or more`);
        const results = inline(g, body, [...states, ...sequences.map((rows) => rows[turn] as Value)], constants);
        states = results.slice(0, states.length);
        collected.push(results.slice(states.length));
      }
      const scans = upTo(body.outputs.length - states.length).map((i) => {
        const rows = collected.map((row) => row[i] as Value);
        const rank = (rows[0]?.dims?.length ?? 0) + 1;
        const axis = fromFront(intsAttribute(node, 'scan_output_axes', [])[i] ?? 0, rank);
        return stacked(g, node, backwards('scan_output_directions', i) ? rows.reverse() : rows, axis);
      });
      return [...states, ...scans];
    },
  },
];
