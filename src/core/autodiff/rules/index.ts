/** Every rule of the gradient, by family. */
import type { Rule } from '../rule.ts';
import { activationRules } from './activation.ts';
import { arithmeticRules } from './arithmetic.ts';
import { blockQuantizedRules } from './block-quantized.ts';
import { convTransposeRules } from './conv-transpose.ts';
import { convolutionRules } from './convolution.ts';
import { determinantRules } from './determinant.ts';
import { einsumRules } from './einsum.ts';
import { fourierRules } from './fourier.ts';
import { gatherRules } from './gather.ts';
import { gridRules } from './grid.ts';
import { linearRules } from './linear.ts';
import { mathRules } from './math.ts';
import { movementRules } from './movement.ts';
import { normalizationRules } from './normalization.ts';
import { padRules } from './pad.ts';
import { poolingRules } from './pooling.ts';
import { morePoolingRules } from './pooling-more.ts';
import { quantizationRules } from './quantization.ts';
import { rearrangeRules } from './rearrange.ts';
import { reductionRules } from './reduction.ts';
import { regionRules } from './regions.ts';
import { resizeRules } from './resize.ts';
import { roiPoolRules } from './roi-pool.ts';
import { softmaxRules } from './softmax.ts';

export const gradientRules: readonly Rule[] = [
  ...activationRules,
  ...arithmeticRules,
  ...blockQuantizedRules,
  ...convTransposeRules,
  ...convolutionRules,
  ...determinantRules,
  ...einsumRules,
  ...fourierRules,
  ...gatherRules,
  ...gridRules,
  ...linearRules,
  ...mathRules,
  ...morePoolingRules,
  ...movementRules,
  ...normalizationRules,
  ...padRules,
  ...poolingRules,
  ...quantizationRules,
  ...rearrangeRules,
  ...reductionRules,
  ...regionRules,
  ...resizeRules,
  ...roiPoolRules,
  ...softmaxRules,
];
