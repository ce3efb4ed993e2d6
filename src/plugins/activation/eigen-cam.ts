import { arxiv } from '../../core/method/papers.ts';
import { defineCam } from '../../core/strategy/activation/cam.ts';
import { principalProjection, signParameter } from '../../core/strategy/activation/principal-component.ts';

/** The first principal component of the feature maps: no class, no gradient. */
export default defineCam({
  id: 'eigen_cam',
  revision: 3,
  about: {
    title: 'Eigen-CAM',
    summary: 'What the features of a layer have most in common: what the model looks at, whatever the class.',
    paper: arxiv('2008.00299', 2020, 'Eigen-CAM: Class Activation Map using Principal Components'),
  },
  presets: { pytorch_grad_cam: { relu: true, sign: 'lapack' } },
  gradients: false,
  params: { sign: signParameter },
  map: ({ activations, channels }, { sign }) => principalProjection(activations, channels, sign),
});
