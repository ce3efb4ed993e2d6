/** Cut of a graph at its tree ensembles: what an engine computes before them and behind them. */
import { captured, prune, valuesRead } from '../onnx/edit.ts';
import type { Graph, Node, ValueInfo } from '../onnx/graph.ts';
import { infer } from '../onnx/infer.ts';
import { isTreeEnsemble } from '../trees/read.ts';

/** Tree ensemble between tensors of a graph. */
export interface TreeStep {
  readonly node: Node;
  /** Tensor that the trees read: [N, columns]. */
  readonly input: string;
  /** Tensor of the scores: [N, scores]. */
  readonly output: string;
}

export interface SplitGraph {
  readonly steps: readonly TreeStep[];
  /** Everything that needs no scores of trees; absent where the trees read inputs of the graph alone. */
  readonly before?: Graph;
  /** Everything that does; absent where scores of trees are outputs of the graph. */
  readonly behind?: Graph;
}

/**
 * Takes the tree ensembles out of a graph.
 * @returns undefined where they cannot be taken out: one reads the scores of another, the label of a classifier is used, or
 * an output of the graph is none of a node's
 */
export function splitAtTrees(graph: Graph): SplitGraph | undefined {
  const steps = graph.nodes.filter(isTreeEnsemble).map(stepOf);
  const scores = new Set(steps.map(({ output }) => output));
  const labels = new Set(steps.flatMap(({ node, output }) => node.outputs.filter((name) => name && name !== output)));
  const late = new Set(scores);
  const [first, second]: [Node[], Node[]] = [[], []];
  for (const node of graph.nodes) {
    const isLate = valuesRead(node).some((name) => late.has(name));
    if (isTreeEnsemble(node)) {
      if (isLate) return undefined;
      continue;
    }
    (isLate ? second : first).push(node);
    if (isLate) for (const name of node.outputs) late.add(name);
  }
  const wanted = graph.outputs.map(({ name }) => name);
  const behind = {
    ...graph,
    nodes: second,
    inputs: [],
    outputs: graph.outputs.filter(({ name }) => late.has(name) && !scores.has(name)),
  };
  const read = captured(behind).filter((name) => !graph.constants.has(name));
  const made = new Set(first.flatMap(({ outputs }) => outputs));
  const isGiven = wanted.every((name) => made.has(name) || late.has(name));
  if (!isGiven || [...wanted, ...read].some((name) => labels.has(name))) return undefined;
  const needed = [...new Set([...steps.map(({ input }) => input), ...read, ...wanted])].filter((name) =>
    made.has(name),
  );
  const types = infer(graph);
  const value = (name: string): ValueInfo => ({ dtype: 'float32', ...types.get(name), name });
  const before = { ...graph, nodes: first, outputs: needed.map(value) };
  return {
    steps,
    ...(needed.length > 0 && { before: used(before) }),
    ...(second.length > 0 && { behind: used({ ...behind, inputs: read.map(value) }) }),
  };
}

function stepOf(node: Node): TreeStep {
  const output = node.op === 'TreeEnsembleClassifier' ? node.outputs[1] : node.outputs[0];
  return { node, input: node.inputs[0] ?? '', output: output ?? '' };
}

/** The graph without nodes, constants and inputs that its outputs do not need. */
function used(graph: Graph): Graph {
  const rest = prune(graph);
  const read = new Set(captured({ ...rest, inputs: [] }));
  return { ...rest, inputs: rest.inputs.filter(({ name }) => read.has(name)) };
}
