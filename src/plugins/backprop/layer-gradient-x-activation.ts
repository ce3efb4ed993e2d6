import { targetLayer, targetLayerParameter } from '../../core/strategy/layer.ts';
import { defineSinglePass } from '../../core/strategy/single-pass.ts';
import { productsOf } from '../../core/tensor/products.ts';
import { float32, type Tensor } from '../../core/tensor/tensor.ts';

/** Input x Gradient, at an inner tensor. */
export default defineSinglePass({
  id: 'layer_gradient_x_activation',
  strategy: 'activation',
  revision: 1,
  about: {
    title: 'Layer Gradient x Activation',
    summary: 'What each element of a layer contributes to the score if the rest of the model were linear.',
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
  },
  presets: { captum: {} },
  params: { target_layer: targetLayerParameter },
  needs: ({ target_layer }, model) => {
    const { name } = targetLayer(target_layer, model);
    return { gradients: [name], activations: [name] };
  },
  values: ({ gradients, activations }, { params, model }) => {
    const { name } = targetLayer(params.target_layer, model);
    const [slopes, values] = [gradients[name] as Tensor<'float32'>, activations[name] as Tensor<'float32'>];
    return { [name]: float32(slopes.dims, productsOf(slopes.data, values.data)) };
  },
});
