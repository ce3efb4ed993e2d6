/** Answers of a tree ensemble, in double precision: onnxruntime's to the rounding of float32. */
import { leafOf, type TreeEnsemble } from './ensemble.ts';
import { applyPost, marginsOf } from './head.ts';

/**
 * Sum, mean, minimum or maximum over the trees of each raw score of one row, base values left out.
 * @param offset where the row begins in `values`
 */
export function rawScores(ensemble: TreeEnsemble, values: Float64Array, offset = 0): Float64Array {
  const { targets, roots, weightStart, weightTarget, weight, aggregate } = ensemble;
  const raw = new Float64Array(targets);
  const extreme = aggregate === 'min' ? Math.min : aggregate === 'max' ? Math.max : undefined;
  const seen = extreme && new Uint8Array(targets);
  for (const root of roots) {
    const leaf = leafOf(ensemble, root, values, offset);
    for (let i = weightStart[leaf] as number; i < (weightStart[leaf + 1] as number); i++) {
      const target = weightTarget[i] as number;
      const [old, one] = [raw[target] as number, weight[i] as number];
      raw[target] = extreme ? (seen?.[target] ? extreme(old, one) : one) : old + one;
      if (seen) seen[target] = 1;
    }
  }
  return aggregate === 'average' ? raw.map((sum) => sum / roots.length) : raw;
}

/** The score output of the operator for one row. */
export const outputsOf = (ensemble: TreeEnsemble, values: Float64Array, offset = 0): Float64Array =>
  applyPost(ensemble.head.post, marginsOf(ensemble.head, rawScores(ensemble, values, offset)));

/** Values as the ensemble compares them: rounded to float32 where it works in that. */
export function toPrecision({ precision }: TreeEnsemble, values: ArrayLike<number>): Float64Array {
  return new Float64Array(precision === 'float32' ? Float32Array.from(values) : values);
}
