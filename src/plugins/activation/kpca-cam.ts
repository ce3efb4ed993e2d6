import * as z from 'zod';
import { arxiv } from '../../core/method/papers.ts';
import { defineCam } from '../../core/strategy/activation/cam.ts';
import { KERNELS, kernelProjection } from '../../core/strategy/activation/kernel-component.ts';

/** The first kernel principal component of the feature maps, with the numbers of scikit-learn's `KernelPCA`. */
export default defineCam({
  id: 'kpca_cam',
  revision: 1,
  about: {
    title: 'KPCA-CAM',
    summary:
      'What the features of a layer have most in common, also where that is no straight line: whatever the class.',
    paper: arxiv('2410.00267', 2024, 'KPCA-CAM: Visual Explainability of Deep Computer Vision Models using Kernel PCA'),
  },
  presets: { pytorch_grad_cam: { relu: true, kernel: 'sigmoid', gamma: 0 } },
  gradients: false,
  params: {
    kernel: z.enum(KERNELS).default('sigmoid').describe('How alike two positions are, from their channels.'),
    gamma: z
      .number()
      .min(0)
      .max(1000)
      .default(0)
      .describe('Scale of the kernel; 0 takes one over the number of channels.'),
  },
  map: ({ activations, channels }, { kernel, gamma }) =>
    kernelProjection(activations, channels, kernel, gamma || 1 / channels),
});
