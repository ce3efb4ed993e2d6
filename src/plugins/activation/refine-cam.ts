import { arxiv } from '../../core/method/papers.ts';
import { defineCam } from '../../core/strategy/activation/cam.ts';
import { plusPlusWeights } from './grad-cam-plus-plus.ts';

/** The product of the Grad-CAM++ maps of several layers: fine where early layers are, without what later ones do not share. */
export default defineCam({
  id: 'refine_cam',
  revision: 1,
  about: {
    title: 'RefineCAM',
    summary:
      'Grad-CAM++ of several layers, multiplied: the detail of early layers where the last one says that it matters.',
    paper: arxiv('2605.14641', 2026, 'RefineCAM'),
    modalities: ['image'],
  },
  presets: { pytorch_grad_cam: { relu: true } },
  product: true,
  weights: (maps) => plusPlusWeights(maps, 'sum'),
});
