import { targetLayer, targetLayerParameter } from '../../core/strategy/layer.ts';
import { defineSinglePass } from '../../core/strategy/single-pass.ts';

/** The values of an inner tensor as they are. */
export default defineSinglePass({
  id: 'layer_activation',
  strategy: 'activation',
  revision: 1,
  about: {
    title: 'Layer Activation',
    summary: 'What a layer says of the input: its values, whatever the class.',
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: false },
  },
  presets: { captum: {} },
  params: { target_layer: targetLayerParameter },
  gradients: false,
  needs: ({ target_layer }, model) => ({ activations: [targetLayer(target_layer, model).name] }),
  values: ({ activations }) => activations,
});
