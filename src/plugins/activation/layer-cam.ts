import { doi } from '../../core/method/papers.ts';
import { defineCam } from '../../core/strategy/activation/cam.ts';

/** Each activation weighted with the positive part of its own gradient: `sum_k relu(g_k) A_k`. */
export default defineCam({
  id: 'layer_cam',
  revision: 2,
  about: {
    title: 'LayerCAM',
    summary: 'Where features would raise the score further: fine-grained also in the early layers.',
    paper: doi(
      '10.1109/TIP.2021.3089943',
      2021,
      'LayerCAM: Exploring Hierarchical Class Activation Maps for Localization',
    ),
  },
  presets: { pytorch_grad_cam: { relu: true } },
  contributions: ({ activations, gradients }) =>
    activations.map((value, i) => value * Math.max(0, gradients[i] as number)),
});
