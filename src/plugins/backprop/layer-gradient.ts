import { gradientLayer, gradientLayerParameter } from '../../core/strategy/gradient-layer.ts';
import { defineSinglePass } from '../../core/strategy/single-pass.ts';

/** The derivative of the score with respect to an inner tensor. */
export default defineSinglePass({
  id: 'layer_gradient',
  strategy: 'activation',
  revision: 3,
  about: {
    title: 'Layer Gradient',
    summary: 'How the score changes with each element of a layer.',
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
  },
  params: { target_layer: gradientLayerParameter },
  needs: ({ target_layer }, model) => ({ gradients: [gradientLayer(target_layer, model).name] }),
  channels: 'l2',
});
