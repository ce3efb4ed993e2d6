/**
 * Outputs of which each is one class: converters of classifiers write them in place of a dictionary of probabilities
 * (`zipmap="columns"`). One matrix takes their place.
 */
import { intAttribute } from '../attributes.ts';
import { constantValues } from '../constant.ts';
import { producers } from '../edit.ts';
import type { Graph, Node } from '../graph.ts';

/** Operators that only reshape or convert a column. */
const SHAPES = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten', 'Identity', 'Cast']);

interface Column {
  readonly output: string;
  /** Tensor that the column is taken of. */
  readonly matrix: string;
  readonly index: number;
}

/**
 * The graph with one output in place of the columns 0, 1, 2 ... of what an operator of `ai.onnx.ml` gives; the graph
 * itself where there are no such outputs.
 */
export function withoutColumnOutputs(graph: Graph): Graph {
  const makers = producers(graph);
  const columns = graph.outputs.flatMap(({ name }) => columnOf(graph, name, makers) ?? []);
  const [first] = columns;
  const own = columns.filter(({ matrix }) => matrix === first?.matrix);
  if (!first || own.length < 2 || !own.every(({ index }, i) => index === i) || !isClassical(first.matrix, makers)) {
    return graph;
  }
  const replaced = new Set(own.map(({ output }) => output));
  const outputs = graph.outputs.flatMap((output) => {
    if (!replaced.has(output.name)) return [output];
    return output.name === first.output
      ? [{ name: first.matrix, dtype: 'float32' as const, untyped: true as const }]
      : [];
  });
  return { ...graph, outputs };
}

function columnOf(graph: Graph, output: string, makers: ReadonlyMap<string, Node>): Column | undefined {
  let node = makers.get(output);
  while (node && SHAPES.has(node.op) && node.domain === '') node = makers.get(node.inputs[0] ?? '');
  const index = node && indexOf(graph, node);
  return index === undefined ? undefined : { output, matrix: node?.inputs[0] ?? '', index };
}

/** Number of the only column that a node takes of a matrix. */
function indexOf(graph: Graph, node: Node): number | undefined {
  const listed = (name: string | undefined): readonly number[] => {
    const constant = name ? graph.constants.get(name) : undefined;
    return constant ? Array.from(constantValues(constant)) : [];
  };
  const [, second, third, fourth] = node.inputs;
  if (node.op === 'Slice') {
    const [[start, ...others], [end], [axis = 0]] = [listed(second), listed(third), listed(fourth)];
    return others.length === 0 && axis === 1 && start !== undefined && end === start + 1 ? start : undefined;
  }
  const picks = node.op === 'Gather' && intAttribute(node, 'axis', 0) === 1;
  if (!picks && node.op !== 'ArrayFeatureExtractor') return undefined;
  const [index, ...others] = listed(second);
  return others.length === 0 ? index : undefined;
}

function isClassical(tensor: string, makers: ReadonlyMap<string, Node>): boolean {
  let node = makers.get(tensor);
  while (node && node.domain === '' && SHAPES.has(node.op)) node = makers.get(node.inputs[0] ?? '');
  return node?.domain === 'ai.onnx.ml';
}
