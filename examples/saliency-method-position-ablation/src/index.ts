import {
  API_VERSION,
  defineMethod,
  float32,
  inPortions,
  type Tensor,
  targetLayer,
  targetLayerParameter,
  z,
} from 'whylight/plugin';
import { featureMapOf, withoutPositions } from './feature-map.ts';

/**
 * Class activation map without gradients: how much the score falls when one position of a feature map is set to zero. The
 * layer is read once (`activations`); then its rows are fed in place of what computes it (`feeds`), so that each position
 * costs one run of the rest of the model.
 */
export default defineMethod({
  apiVersion: API_VERSION,
  id: 'position_ablation',
  strategy: 'activation',
  revision: 1,
  about: {
    title: 'Position Ablation',
    summary: 'How much the score falls when one position of a feature map is set to zero: no gradient is needed.',
    modalities: ['image', 'series'],
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
  },
  params: z.object({ target_layer: targetLayerParameter }),
  needs({ target_layer }, model) {
    const { name } = targetLayer(target_layer, model);
    return { graphs: { layer: { activations: [name] }, rest: { feeds: [name] } } };
  },
  cost({ target_layer }, model) {
    const { positions } = featureMapOf(targetLayer(target_layer, model));
    return { forwards: 1 + positions, backwards: 0 };
  },
  async explain(ctx) {
    const layer = targetLayer(ctx.params.target_layer, ctx.model);
    const { positions, space } = featureMapOf(layer);
    const { activations } = await ctx.evaluate(ctx.inputs);
    const values = activations[layer.name] as Tensor<'float32'>;
    const drops = new Float32Array(positions);
    await inPortions(
      ctx,
      positions,
      // The inputs are for models that read them behind the layer, too.
      ({ first, count }) => ({ ...ctx.inputs, [layer.name]: withoutPositions(values, first, count) }),
      ({ scores }, { first }) => {
        for (const [i, score] of scores.entries()) drops[first + i] = ctx.score - score;
      },
      { graph: 'rest' },
    );
    return { values: { [layer.name]: float32([1, 1, ...space], drops) } };
  },
});
