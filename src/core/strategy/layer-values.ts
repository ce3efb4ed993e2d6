/** Values of the target layer on the rows of a request. */
import type { Evaluation, ExplainContext } from '../method/contract.ts';
import type { TensorInfo } from '../model/info.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { targetLayer } from './layer.ts';

/**
 * Runs the model once and reads the layer that `target_layer` names, [N, ...layer]; it stands in the `needs` of the method.
 * @throws WhylightError as {@link targetLayer}
 */
export async function layerValues(ctx: ExplainContext<{ readonly target_layer: string }>): Promise<{
  readonly layer: TensorInfo;
  readonly values: Tensor<'float32'>;
  readonly evaluation: Evaluation;
}> {
  const layer = targetLayer(ctx.params.target_layer, ctx.model);
  const evaluation = await ctx.evaluate(ctx.inputs);
  return { layer, values: evaluation.activations[layer.name] as Tensor<'float32'>, evaluation };
}
