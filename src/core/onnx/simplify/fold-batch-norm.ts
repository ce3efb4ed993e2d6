/** Folds the scale and shift of an inference batch norm into the weights of the layer in front of it. */
import { float, floatAttribute, int, intAttribute } from '../attributes.ts';
import { constantValues, makeConstant } from '../constant.ts';
import { consumers, namesOf, producers, uniqueName } from '../edit.ts';
import type { Constant, Graph, Node } from '../graph.ts';

/** y = x * scale + shift, channel by channel. */
interface Affine {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

export function foldBatchNorm(graph: Graph, kept: ReadonlySet<string>): Graph {
  if (!graph.nodes.some(({ op }) => op === 'BatchNormalization')) return graph;
  const makers = producers(graph);
  const readers = consumers(graph);
  const names = namesOf(graph);
  const constants = new Map(graph.constants);
  const replaced = new Map<Node, Node | undefined>();
  for (const norm of graph.nodes) {
    if (norm.op !== 'BatchNormalization' || norm.domain !== '' || norm.outputs.length !== 1) continue;
    const input = norm.inputs[0] as string;
    const layer = makers.get(input);
    const affine = affineOf(norm, graph);
    if (!layer || !affine || kept.has(input) || readers.get(input)?.length !== 1 || replaced.has(layer)) continue;
    const weights = graph.constants.get(layer.inputs[1] ?? '');
    const bias = layer.inputs[2] ? graph.constants.get(layer.inputs[2]) : undefined;
    if (weights?.dtype !== 'float32' || (layer.inputs[2] && !bias)) continue;
    const folded = foldOf(layer)?.(layer, weights, bias, affine);
    if (!folded) continue;
    const store = (wish: string, constant: Constant): string => {
      const name = uniqueName(wish, names);
      constants.set(name, constant);
      return name;
    };
    replaced.set(layer, {
      ...folded.node,
      inputs: [
        layer.inputs[0] as string,
        store(`${layer.name}/folded_weight`, folded.weights),
        store(`${layer.name}/folded_bias`, folded.bias),
      ],
      outputs: [norm.outputs[0] as string],
    });
    replaced.set(norm, undefined);
  }
  if (replaced.size === 0) return graph;
  const nodes = graph.nodes.flatMap((node) => {
    if (!replaced.has(node)) return [node];
    const substitute = replaced.get(node);
    return substitute ? [substitute] : [];
  });
  return { ...graph, nodes, constants };
}

function affineOf(norm: Node, graph: Graph): Affine | undefined {
  const parts = norm.inputs.slice(1, 5).map((name) => graph.constants.get(name));
  if (parts.some((part) => !part) || intAttribute(norm, 'training_mode', 0) === 1) return undefined;
  const [gamma, beta, mean, variance] = (parts as Constant[]).map((part) => Float64Array.from(constantValues(part)));
  const epsilon = floatAttribute(norm, 'epsilon', 1e-5);
  const scale = (gamma as Float64Array).map((v, i) => v / Math.sqrt((variance?.[i] as number) + epsilon));
  return { scale, shift: (beta as Float64Array).map((v, i) => v - (mean?.[i] as number) * (scale[i] as number)) };
}

interface Folded {
  readonly node: Node;
  readonly weights: Constant;
  readonly bias: Constant;
}
type Fold = (layer: Node, weights: Constant, bias: Constant | undefined, affine: Affine) => Folded | undefined;

/** `channelOf` says which output channel an element of the weights, by its flat index, belongs to. */
function scaled(weights: Constant, { scale }: Affine, channelOf: (index: number) => number): Constant {
  const values = constantValues(weights);
  return makeConstant(
    'float32',
    weights.dims,
    Float32Array.from(values, (v, i) => v * (scale[channelOf(i)] as number)),
  );
}

function biased(bias: Constant | undefined, { scale, shift }: Affine, factor = 1): Constant {
  const values = bias ? constantValues(bias) : undefined;
  // A bias of one element is the same for all channels.
  const at = (i: number): number => (values ? (values[values.length === 1 ? 0 : i] as number) * factor : 0);
  return makeConstant(
    'float32',
    [scale.length],
    Float32Array.from(shift, (s, i) => s + at(i) * (scale[i] as number)),
  );
}

const FOLDS: Readonly<Record<string, Fold>> = {
  Conv(node, weights, bias, affine) {
    const area = weights.dims.slice(1).reduce((a, b) => a * b, 1);
    return { node, weights: scaled(weights, affine, (i) => Math.floor(i / area)), bias: biased(bias, affine) };
  },
  ConvTranspose(node, weights, bias, affine) {
    // [C, M/g, ...]: the rows of a group's input channels feed that group's output channels.
    const [channels = 1, perGroup = 1, ...space] = weights.dims;
    const area = space.reduce((a, b) => a * b, 1);
    const rows = channels / intAttribute(node, 'group', 1);
    const channelOf = (i: number): number => {
      const row = Math.floor(i / (area * perGroup));
      return Math.floor(row / rows) * perGroup + (Math.floor(i / area) % perGroup);
    };
    return { node, weights: scaled(weights, affine, channelOf), bias: biased(bias, affine) };
  },
  Gemm(node, weights, bias, affine) {
    const [, columns = 1] = weights.dims;
    const rowwise = intAttribute(node, 'transB', 0) === 1;
    if (bias && bias.dims.length > 1 && bias.dims.slice(0, -1).some((d) => d !== 1)) return undefined;
    return {
      node: { ...node, attributes: { ...node.attributes, beta: float(1) } },
      weights: scaled(weights, affine, (i) => (rowwise ? Math.floor(i / columns) : i % columns)),
      bias: biased(bias, affine, floatAttribute(node, 'beta', 1)),
    };
  },
  MatMul(node, weights, _, affine) {
    // Batch norm behind a matrix product has channels last only for matrices, [N, C].
    const [, columns = 1] = weights.dims;
    if (weights.dims.length !== 2) return undefined;
    return {
      node: { ...node, op: 'Gemm', attributes: { transA: int(0) } },
      weights: scaled(weights, affine, (i) => i % columns),
      bias: biased(undefined, affine),
    };
  },
};

const foldOf = ({ op, domain }: Node): Fold | undefined =>
  domain === '' && Object.hasOwn(FOLDS, op) ? FOLDS[op] : undefined;
