import { defineCam } from '../../core/strategy/activation/cam.ts';

/** Feature maps with random weights, uniform in [-1, 1]: the control that every other map has to beat. */
export default defineCam({
  id: 'random_cam',
  revision: 2,
  about: {
    title: 'Random CAM',
    summary:
      'Nothing at all: feature maps with random weights. A method whose maps look like these says nothing either.',
    properties: { deterministic: false },
  },
  presets: { pytorch_grad_cam: { relu: true } },
  gradients: false,
  weights: ({ channels }, _, { random }) => random.uniform(channels).map((number) => 2 * number - 1),
});
