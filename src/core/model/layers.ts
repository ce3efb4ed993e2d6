/** Finds the feature maps of a graph. */
import { ancestorsOf } from '../onnx/edit.ts';
import type { Graph, Node } from '../onnx/graph.ts';
import type { Inferred } from '../onnx/infer.ts';
import { traitsOf } from '../onnx/operators.ts';

type Values = ReadonlyMap<string, Inferred>;

/** Operators that a group normalisation is written with, between two reshapes: groups in place of channels, and back. */
const normalises = (node: Node): boolean =>
  traitsOf(node).normalization === true || (node.domain === '' && (node.op === 'Mul' || node.op === 'Add'));

/**
 * The feature maps that a method may look at by itself. Where the scores are maps too, those that differ from them by
 * resizing or a nonlinearity alone are the scores, and no features that speak for them.
 * @param maps as {@link featureMaps} gives them
 */
export function layersBefore(maps: readonly string[], graph: Graph, values: Values, scores: string): readonly string[] {
  if ((values.get(scores)?.dims?.length ?? 0) < 4) return maps;
  const same = new Set([scores]);
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => same.has(name)) || traitsOf(node).weights) continue;
    for (const name of node.inputs) same.add(name);
  }
  const others = maps.filter((name) => !same.has(name));
  return others.length > 0 ? others : maps;
}

/** Names of the feature maps between inputs and `scores`, nearest to the scores first. */
export function featureMaps(graph: Graph, values: Values, scores: string): string[] {
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const behind = ancestorsOf(graph, scores);
  const fed = new Set(inputs);
  const maps = new Set<string>();
  const regrouped = new Map<string, string>();
  const found: string[] = [];
  for (const node of graph.nodes) {
    if (!node.inputs.some((name) => fed.has(name))) continue;
    for (const name of node.outputs) fed.add(name);
    const [output] = node.outputs as [string];
    const dims = values.get(output)?.dims;
    const [source = ''] = node.inputs;
    const grouping = regrouped.get(source);
    const before = maps.has(source) ? shapeOf(values, source) : grouping;
    const restored = node.op === 'Reshape' && grouping !== undefined && grouping === shapeOf(values, output);
    if (before !== undefined && !restored && (node.op === 'Reshape' || (grouping && normalises(node)))) {
      regrouped.set(output, before);
      continue;
    }
    if (!dims || dims.length < 3 || (traitsOf(node).featureMap === 'never' && !restored)) continue;
    const continues = node.inputs.some((name) => maps.has(name) && values.get(name)?.dims?.length === dims.length);
    if (traitsOf(node).featureMap !== 'yes' && !continues && !restored) continue;
    maps.add(output);
    const wide = dims.slice(2).some((extent) => extent !== 1);
    if (wide && behind.has(output) && values.get(output)?.dtype.startsWith('float')) found.push(output);
  }
  return found.reverse();
}

const shapeOf = (values: Values, name: string): string | undefined => values.get(name)?.dims?.join();
