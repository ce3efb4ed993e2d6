/** Every rule of the gradient, by family. */
import type { Rule } from '../rule.ts';
import { activationRules } from './activation.ts';
import { arithmeticRules } from './arithmetic.ts';
import { convolutionRules } from './convolution.ts';
import { linearRules } from './linear.ts';
import { mathRules } from './math.ts';
import { movementRules } from './movement.ts';
import { normalizationRules } from './normalization.ts';
import { poolingRules } from './pooling.ts';
import { reductionRules } from './reduction.ts';
import { softmaxRules } from './softmax.ts';

export const gradientRules: readonly Rule[] = [
  ...activationRules,
  ...arithmeticRules,
  ...convolutionRules,
  ...linearRules,
  ...mathRules,
  ...movementRules,
  ...normalizationRules,
  ...poolingRules,
  ...reductionRules,
  ...softmaxRules,
];
