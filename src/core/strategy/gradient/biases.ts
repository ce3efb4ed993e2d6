/** The biases of a convolutional model, layer by layer. */
import type { ModelInfo } from '../../model/info.ts';
import { floatAttribute } from '../../onnx/attributes.ts';
import { constantValues, type Values } from '../../onnx/constant.ts';
import type { Graph, Node } from '../../onnx/graph.ts';
import { constantOf } from '../activation/classifier.ts';

export interface BiasedLayer {
  /** The tensor that the bias goes into. */
  readonly name: string;
  /** One number per channel. */
  readonly bias: ArrayLike<number>;
}

/** Feature maps that come out of a convolution or a batch normalisation with a bias, nearest to the scores first. */
export function biasedLayers({ graph, spatialLayers }: ModelInfo): BiasedLayer[] {
  const makers = new Map(graph.nodes.map((node) => [node.outputs[0], node]));
  return spatialLayers.flatMap(({ name }) => {
    const node = makers.get(name);
    const bias = node && biasOf(graph, node);
    return bias ? [{ name, bias }] : [];
  });
}

function biasOf(graph: Graph, node: Node): ArrayLike<number> | undefined {
  const constant = (at: number): Values | undefined => {
    const found = constantOf(graph, node.inputs[at] ?? '');
    return found && constantValues(found);
  };
  if (node.op === 'Conv' || node.op === 'FusedConv') return constant(2);
  if (node.op !== 'BatchNormalization') return undefined;
  const [scale, shift, mean, variance] = [constant(1), constant(2), constant(3), constant(4)];
  if (!scale || !shift || !mean || !variance) return undefined;
  // What the normalisation adds whatever comes in.
  const epsilon = floatAttribute(node, 'epsilon', 1e-5);
  return Float64Array.from(shift, (b, c) => {
    return b - ((mean[c] as number) * (scale[c] as number)) / Math.sqrt((variance[c] as number) + epsilon);
  });
}
