/** Standard errors of values that are means over random samples. */
import * as z from 'zod';
import type { Attribution, ExplainContext } from '../method/contract.ts';
import type { Float32Tensors } from '../tensor/rows.ts';
import { finishValues, type Reduction } from './reduction.ts';

/** Schema of the parameter `uncertainty`. */
export const uncertaintyParameter = z
  .boolean()
  .default(false)
  .describe(
    'Adds the standard error of each value, in its units; channels are reduced as those of the values. It is left out where the samples are too few to tell (rise: below 50 masks).',
  );

/** Phrase of `returns.uncertainty` for methods with {@link uncertaintyParameter}. */
export const UNCERTAINTY_RETURNED = 'the standard error of each value, with `uncertainty=true`';

/** Parameters that the uncertainty of an attribution depends on. */
interface UncertaintyParams {
  readonly uncertainty?: boolean;
  readonly reduction: Reduction;
}

/**
 * The uncertainty of an attribution: nothing where it is not asked for, or not known yet. Errors of channels are reduced as
 * their values are, which gives an upper bound.
 * @param errors standard errors in the form of the values before their reduction
 */
export const uncertaintyOf = (
  { params, model }: Pick<ExplainContext<UncertaintyParams>, 'params' | 'model'>,
  errors: Float32Tensors | undefined,
): Pick<Attribution, 'uncertainty'> =>
  params.uncertainty && errors
    ? { uncertainty: finishValues(errors, { absolute: false, reduction: params.reduction }, model) }
    : {};
