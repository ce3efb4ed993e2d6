/** A tree ensemble of which one number is explained: every leaf has one value. */
import { WhylightError } from '../errors.ts';
import type { TreeEnsemble } from './ensemble.ts';

export interface ScalarTrees {
  readonly ensemble: TreeEnsemble;
  /** Roots of the trees that have a leaf whose value is not zero. */
  readonly roots: Int32Array;
  /** Value by node; 0 for splits. */
  readonly value: Float64Array;
}

/**
 * The trees whose sum is a weighted sum of the raw scores.
 * @param factors one for each raw score
 * @throws WhylightError `unprocessable_method` for a minimum or maximum over trees, which is no sum
 */
export function scalarTrees(ensemble: TreeEnsemble, factors: ArrayLike<number>): ScalarTrees {
  const { aggregate, roots, column, weightStart, weightTarget, weight } = ensemble;
  if (aggregate === 'min' || aggregate === 'max') {
    throw new WhylightError(
      'unprocessable_method',
      `The trees' scores are put together by their ${aggregate}imum: TreeSHAP needs a sum or a mean. Use kernel_shap or shapley_sampling.`,
      { aggregate },
    );
  }
  const share = aggregate === 'average' ? 1 / roots.length : 1;
  const value = new Float64Array(column.length);
  for (let node = 0; node < value.length; node++) {
    let sum = 0;
    for (let i = weightStart[node] as number; i < (weightStart[node + 1] as number); i++) {
      sum += (factors[weightTarget[i] as number] as number) * (weight[i] as number);
    }
    value[node] = sum * share;
  }
  const matters = (root: number, tree: number): boolean => {
    const end = roots[tree + 1] ?? value.length;
    for (let node = root; node < end; node++) if (value[node] !== 0) return true;
    return false;
  };
  return { ensemble, value, roots: roots.filter(matters) };
}
