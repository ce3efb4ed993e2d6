/** Tables of a `cases.json` that are no attributions: the nodes and weights of the quadratures. */
import { QUADRATURES, type Quadrature, quadrature } from '../../src/core/strategy/gradient/quadrature.ts';
import { type Comparison, checked, distance, skipped } from './comparison.ts';

/** By number of nodes. */
export type QuadratureTable = Readonly<
  Record<
    string,
    { readonly step_sizes: readonly number[]; readonly alphas: readonly number[]; readonly sum_of_step_sizes: number }
  >
>;

/**
 * A quadrature's nodes and weights. The file's weights are divided by their sum: Captum's trapezoid sums to (n - 1) / n,
 * which the file itself lists among the defects of the references.
 */
export function quadratureTable(file: string, rule: string, table: QuadratureTable): Comparison {
  const entry = `quadrature ${rule}`;
  if (!QUADRATURES.includes(rule as Quadrature)) return skipped(file, entry, `no quadrature ${rule}`);
  return checked(file, entry, {
    methods: [],
    tolerance: 1e-6,
    check: async () =>
      Object.entries(table).map(([count, { step_sizes, alphas, sum_of_step_sizes }]) => {
        const own = quadrature(rule as Quadrature, Number(count));
        const weights = step_sizes.map((step) => step / sum_of_step_sizes);
        return Math.max(distance('max', own.alphas, alphas), distance('max', own.weights, weights));
      }),
  });
}
