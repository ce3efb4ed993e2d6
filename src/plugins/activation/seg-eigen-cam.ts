import { doi } from '../../core/method/papers.ts';
import { defineCam } from '../../core/strategy/activation/cam.ts';
import { principalProjection } from '../../core/strategy/activation/principal-component.ts';

/** The first principal component of the features times the size of their gradients (equations 10 to 13 of the paper). */
export default defineCam({
  id: 'seg_eigen_cam',
  revision: 1,
  about: {
    title: 'Seg-Eigen-CAM',
    summary:
      'What the features that bear on a region have most in common, whether they raise or lower its score: clean maps for segmentation.',
    paper: doi(
      '10.3390/app15137562',
      2025,
      'Seg-Eigen-CAM: Eigen-Value-Based Visual Explanations for Semantic Segmentation Models',
      'equations 10 to 13',
    ),
  },
  presets: { pytorch_grad_cam: { relu: true } },
  map: (maps) => {
    const sized = maps.activations.map((value, i) => value * Math.abs(maps.gradients[i] as number));
    return principalProjection(sized, maps.channels, 'extreme');
  },
});
