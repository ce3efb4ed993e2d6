import { defineCam, products } from '../../core/strategy/activation/cam.ts';
import { principalProjection, signParameter } from '../../core/strategy/activation/principal-component.ts';

/** The first principal component of gradient times activation: Eigen-CAM that knows the class. */
export default defineCam({
  id: 'eigen_grad_cam',
  revision: 3,
  about: {
    title: 'Eigen-Grad-CAM',
    summary: 'What the features that bear on the score have most in common: clean maps that depend on the class.',
  },
  presets: { pytorch_grad_cam: { relu: true, sign: 'lapack' } },
  params: { sign: signParameter },
  map: (maps, { sign }) => principalProjection(products(maps), maps.channels, sign),
});
