/** The end of a convolutional classifier: global pooling and at most one linear layer. */
import { WhylightError } from '../../errors.ts';
import type { ModelInfo } from '../../model/info.ts';
import type { Target } from '../../model/target-request.ts';
import { intAttribute } from '../../onnx/attributes.ts';
import { constantValues } from '../../onnx/constant.ts';
import { producers } from '../../onnx/edit.ts';
import type { Constant, Graph, Node } from '../../onnx/graph.ts';
import { traitsOf } from '../../onnx/operators.ts';

export interface Classifier {
  /** The feature maps that are pooled. */
  readonly layer: string;
  /** Contribution of each channel's mean to the target's score. */
  weights(target: Target, channels: number): Float64Array;
}

/** Weight of channel `c` in score `index`. */
type Weight = (index: number, c: number) => number;

/** @throws WhylightError `unprocessable_method` when the model does not end like this. */
export function classifierOf({ graph, scores, spatialLayers }: ModelInfo): Classifier {
  const makers = producers(graph);
  let weight: Weight | undefined;
  let pooled = false;
  let name = scores.name;
  for (let node = makers.get(name); node; node = makers.get(name)) {
    const linear = linearOf(graph, node);
    if (pooled && spatialLayers.some((layer) => layer.name === name)) break;
    if (linear) {
      if (weight || pooled) break;
      weight = linear.weight;
      name = linear.input;
    } else if (biased(graph, node) !== undefined && !pooled) {
      name = biased(graph, node) as string;
    } else if (traitsOf(node).pooling === 'mean' && !pooled) {
      pooled = true;
      name = node.inputs[0] as string;
    } else if (traitsOf(node).transparent) {
      name = node.inputs[0] as string;
    } else {
      break;
    }
  }
  if (!pooled || !spatialLayers.some((layer) => layer.name === name)) {
    throw new WhylightError(
      'unprocessable_method',
      'CAM reads the weights of a classifier behind global average pooling, and this model does not end like that: use grad_cam.',
    );
  }
  // Without a linear layer, each channel is a class already.
  const of = weight ?? ((index, c) => (index === c ? 1 : 0));
  return {
    layer: name,
    weights: ({ weights }, channels) =>
      Float64Array.from({ length: channels }, (_, c) =>
        weights.reduce((sum, each) => sum + each.weight * of(each.index, c), 0),
      ),
  };
}

function linearOf(graph: Graph, node: Node): { input: string; weight: Weight } | undefined {
  const [input = '', name = ''] = node.inputs;
  const constant = constantOf(graph, name);
  if (!constant) return undefined;
  const [rows = 1, columns = 1, ...kernel] = constant.dims;
  const rowsAreClasses =
    (node.op === 'Gemm' && intAttribute(node, 'transB', 0) === 1) ||
    (node.op === 'Conv' && kernel.every((dim) => dim === 1) && intAttribute(node, 'group', 1) === 1);
  if (!rowsAreClasses && node.op !== 'Gemm' && node.op !== 'MatMul') return undefined;
  const values = constantValues(constant);
  const weight: Weight = (index, c) =>
    (rowsAreClasses ? values[index * columns + c] : values[c * columns + index]) ?? 0;
  return rows > 0 ? { input, weight } : undefined;
}

/** Tensor that a constant is added to. */
function biased(graph: Graph, { op, inputs }: Node): string | undefined {
  if (op !== 'Add') return undefined;
  const constant = inputs.find((name) => constantOf(graph, name));
  return constant === undefined ? undefined : inputs.find((name) => name !== constant);
}

/** A constant by name, maybe behind an Identity: exporters share weights that way. */
export function constantOf(graph: Graph, name: string): Constant | undefined {
  const found = graph.constants.get(name);
  if (found) return found;
  const maker = graph.nodes.find(({ op, outputs }) => op === 'Identity' && outputs[0] === name);
  return maker ? constantOf(graph, maker.inputs[0] as string) : undefined;
}
