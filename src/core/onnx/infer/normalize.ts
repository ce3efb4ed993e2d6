/** Normalizations that have statistics to give beside their result. */
import { intAttribute } from '../attributes.ts';
import type { Dim, Node } from '../graph.ts';
import { expectSame, normalAxis } from './checks.ts';
import { each, type Inferred, ofType, type Rule, type Rules, required, sameType } from './rule.ts';

const batchNormalization: Rule = (node, inputs) => {
  const x = required(node, inputs, 0);
  if (x.dims && x.dims.length > 1) {
    for (const input of inputs.slice(1)) expectSame(node, x.dims[1], input?.dims?.[0], 'the channels of its inputs');
  }
  const [mean, variance] = [required(node, inputs, 3), required(node, inputs, 4)];
  return [ofType(x.dtype, x.dims), ofType(mean.dtype, mean.dims), ofType(variance.dtype, variance.dims)];
};

/** The shape of the statistics: the axes that were normalized are 1. */
export function statistics(node: Node, dims: readonly Dim[] | undefined): Dim[] | undefined {
  const axis = dims && normalAxis(node, intAttribute(node, 'axis', -1), dims.length);
  return dims?.map((d, i) => (i < (axis as number) ? d : 1));
}

export const layerNormalization: Rule = (node, inputs) => {
  const x = required(node, inputs, 0);
  const statistic: Inferred = ofType(x.dtype === 'float64' ? 'float64' : 'float32', statistics(node, x.dims));
  return [ofType(x.dtype, x.dims), statistic, statistic];
};

export const normalizations: Rules = {
  BatchNormalization: batchNormalization,
  // onnxruntime registers its own one under this domain too.
  ...each('LayerNormalization SimplifiedLayerNormalization', layerNormalization),
  ...each('InstanceNormalization GroupNormalization RMSNormalization', sameType),
};
