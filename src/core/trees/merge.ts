/** Several tree ensembles over the same columns as one. */
import { WhylightError } from '../errors.ts';
import type { TreeEnsemble } from './ensemble.ts';
import type { Head, PostTransform } from './head.ts';

export interface Part {
  readonly ensemble: TreeEnsemble;
  /** Factor of its output. */
  readonly factor: number;
}

/**
 * One ensemble whose output is the sum of the parts' outputs, times their factors, plus `offset`.
 * @throws WhylightError `unprocessable_method` where outputs went through a function before they are added
 */
export function mergeEnsembles(parts: readonly Part[], offset: number): TreeEnsemble {
  const [first] = parts;
  if (parts.length === 1 && first?.factor === 1 && offset === 0) return first.ensemble;
  const outputs = first?.ensemble.head.margins.length ?? 0;
  for (const { ensemble } of parts) {
    const { head, aggregate, precision } = ensemble;
    const linear = head.post === 'none' && (aggregate === 'sum' || aggregate === 'average');
    if (linear && head.margins.length === outputs && precision === first?.ensemble.precision) continue;
    throw new WhylightError(
      'unprocessable_method',
      `Several tree ensembles are added, one of them through ${head.post}, over ${ensemble.roots.length} trees by their ${aggregate}: TreeSHAP needs sums of trees alone. Use kernel_shap or shapley_sampling.`,
      { post: head.post, aggregate },
    );
  }
  return joined(parts, outputs, offset);
}

/** The ensemble with a function behind its output. */
export function withPost(ensemble: TreeEnsemble, post: PostTransform): TreeEnsemble {
  if (ensemble.head.post === 'none') return { ...ensemble, head: { ...ensemble.head, post } };
  throw new WhylightError(
    'unprocessable_method',
    `The trees' score goes through ${ensemble.head.post} and then ${post}: TreeSHAP passes on contributions through one function. Use kernel_shap or shapley_sampling.`,
    { post: [ensemble.head.post, post] },
  );
}

/** Raw scores stay apart: those of a part follow those of the parts before it. */
function joined(parts: readonly Part[], outputs: number, offset: number): TreeEnsemble {
  const ensembles = parts.map(({ ensemble }) => ensemble);
  const nodes = starts(ensembles.map(({ column }) => column.length));
  const weights = starts(ensembles.map(({ weight }) => weight.length));
  const last = ensembles.at(-1)?.weight;
  const targets = starts(ensembles.map((ensemble) => ensemble.targets));
  const ints = (pick: (one: TreeEnsemble) => Int32Array, shift?: readonly number[]): Int32Array =>
    Int32Array.from(ensembles.flatMap((one, i) => Array.from(pick(one), (value) => value + (shift?.[i] ?? 0))));
  const floats = (pick: (one: TreeEnsemble) => Float64Array): Float64Array =>
    Float64Array.from(ensembles.flatMap((one) => Array.from(pick(one))));
  return {
    columns: Math.max(...ensembles.map(({ columns }) => columns)),
    targets: ensembles.reduce((sum, one) => sum + one.targets, 0),
    roots: ints(({ roots }) => roots, nodes),
    column: ints(({ column }) => column),
    threshold: floats(({ threshold }) => threshold),
    low: ints(({ low }) => low, nodes),
    high: ints(({ high }) => high, nodes),
    nanLow: Uint8Array.from(ensembles.flatMap(({ nanLow }) => Array.from(nanLow))),
    weightStart: ints(({ weightStart, weight }) => weightStart.subarray(0, weight === last ? undefined : -1), weights),
    weightTarget: ints(({ weightTarget }) => weightTarget, targets),
    weight: floats(({ weight, aggregate, roots }) =>
      aggregate === 'average' ? weight.map((value) => value / roots.length) : weight,
    ),
    ...(ensembles.every(({ lowShare }) => lowShare) && {
      lowShare: floats(({ lowShare }) => lowShare as Float64Array),
    }),
    aggregate: 'sum',
    depth: Math.max(...ensembles.map(({ depth }) => depth)),
    precision: (ensembles[0] as TreeEnsemble).precision,
    head: joinedHead(parts, targets, outputs, offset),
  };
}

function joinedHead(parts: readonly Part[], targets: readonly number[], outputs: number, offset: number): Head {
  return {
    post: 'none',
    margins: Array.from({ length: outputs }, (_, output) => ({
      offset: parts.reduce(
        (sum, { ensemble, factor }) => sum + factor * (ensemble.head.margins[output]?.offset ?? 0),
        offset,
      ),
      terms: parts.flatMap(({ ensemble, factor }, i) =>
        (ensemble.head.margins[output]?.terms ?? []).map((term) => ({
          target: term.target + (targets[i] as number),
          factor: term.factor * factor,
        })),
      ),
    })),
  };
}

/** Offset of each of several consecutive runs. */
const starts = (lengths: readonly number[]): number[] =>
  lengths.map((_, i) => lengths.slice(0, i).reduce((a, b) => a + b, 0));
