/** Conditions of a rule over the features of a row, and rows in which they hold. */
import type { ModelInfo } from '../../model/info.ts';
import type { Random } from '../../tensor/random.ts';
import { type Inputs, rowsOf } from '../../tensor/rows.ts';
import { sizeOf, type Tensor } from '../../tensor/tensor.ts';
import type { FeatureMask } from '../perturbation/modality-mask.ts';
import type { Copy, Elements } from '../perturbation/perturb.ts';

/** Condition on one feature: it keeps its value, or, for a number among rows of a table, stays in its interval. */
export interface Condition {
  /** As a sentence would say it: `petal width <= 0.6`, `"excellent" is there`. */
  readonly text: string;
  /** Background rows in which the condition holds. */
  readonly rows: readonly number[];
}

/** Conditions of all features of a row. */
export interface Conditions {
  readonly all: readonly Condition[];
  /** Number of background rows; 1 where features are there or absent. */
  readonly background: number;
}

interface Element {
  readonly input: string;
  readonly at: number;
}

/** The elements of each feature. */
export function elementsByFeature({ features, ids }: FeatureMask): readonly (readonly Element[])[] {
  const all = Array.from({ length: features }, (): Element[] => []);
  for (const [input, own] of Object.entries(ids)) for (const [at, id] of own.entries()) all[id]?.push({ input, at });
  return all;
}

const numberAt = (rows: Inputs, { input, at }: Element, row: number): number => {
  const { data, dims } = rows[input] as Tensor;
  return Number(data[row * sizeOf(dims.slice(1)) + at]);
};

/**
 * The condition of each feature of a row. Over several background rows, a feature of one number lies in an interval
 * between quantiles, and any other equals its value; over one row, a feature is there or absent.
 * @param bins number of intervals; 1 takes equal values for numbers, too
 */
export function conditionsOf(
  { features }: Pick<ModelInfo, 'features'>,
  mask: FeatureMask,
  { inputs, background, bins }: { readonly inputs: Inputs; readonly background: Inputs; readonly bins: number },
): Conditions {
  const rows = Math.max(...Object.values(background).map(rowsOf));
  const elements = elementsByFeature(mask);
  const names = features && features.count === mask.features ? features.names : undefined;
  const indices = Array.from({ length: rows }, (_, row) => row);
  const all = elements.map((own, feature): Condition => {
    const name = names?.[feature] ?? nameOf(own, feature);
    if (rows === 1) return { text: name, rows: [] };
    const values = own.map((element) => numberAt(inputs, element, 0));
    const same = indices.filter((row) => own.every((element, i) => numberAt(background, element, row) === values[i]));
    const [element] = own;
    if (own.length !== 1 || !element) return { text: name, rows: same };
    const known = indices.map((row) => numberAt(background, element, row));
    const distinct = new Set(known).size;
    if (bins === 1 || distinct <= bins) return { text: named(name, values[0] as number), rows: same };
    const { low, high } = intervalOf(known, values[0] as number, bins);
    const inside = (value: number): boolean => value > low && value <= high;
    return {
      text: intervalText(name, values[0] as number, low, high),
      rows: indices.filter((row) => inside(known[row] as number)),
    };
  });
  return { all, background: rows };
}

const nameOf = ([first]: readonly Element[], feature: number): string =>
  first ? `${first.input}[${first.at}]` : `feature ${feature}`;

/** A name that has the value in it already stays as it is. */
const named = (name: string, value: number): string => (name.includes(' = ') ? name : `${name} = ${rounded(value)}`);

/** The interval between neighbouring quantiles that the value lies in, without its lower end. */
function intervalOf(known: readonly number[], value: number, bins: number): { low: number; high: number } {
  const sorted = known.toSorted((a, b) => a - b);
  const cuts = Array.from({ length: bins - 1 }, (_, i) => {
    const at = ((i + 1) * (sorted.length - 1)) / bins;
    const [before, behind] = [sorted[Math.floor(at)] as number, sorted[Math.ceil(at)] as number];
    return before + (at - Math.floor(at)) * (behind - before);
  });
  return {
    low: cuts.findLast((cut) => cut < value) ?? Number.NEGATIVE_INFINITY,
    high: cuts.find((cut) => value <= cut) ?? Number.POSITIVE_INFINITY,
  };
}

/** Bounds are those of the tensor: where a name states another number, its units are others, and none are given. */
function intervalText(name: string, value: number, low: number, high: number): string {
  const [column = name, stated] = name.split(' = ');
  if (stated !== undefined && Math.abs(Number(stated) - value) > 1e-5 * Math.max(1, Math.abs(value))) {
    return `${name} (or of the same quantile)`;
  }
  if (low === Number.NEGATIVE_INFINITY) return `${column} <= ${rounded(high)}`;
  return high === Number.POSITIVE_INFINITY
    ? `${column} > ${rounded(low)}`
    : `${rounded(low)} < ${column} <= ${rounded(high)}`;
}

const rounded = (value: number): string => String(Number(value.toPrecision(4)));

/** Writes copies of a row in which conditions hold and everything else is drawn. */
export class ConditionedRows {
  private readonly elements: readonly (readonly Element[])[];
  private readonly conditions: Conditions;
  private readonly background: Inputs;
  private readonly keep: number;

  /** @param keep probability that a feature outside of the rule stays, where there is one background row */
  constructor(mask: FeatureMask, conditions: Conditions, background: Inputs, keep: number) {
    this.elements = elementsByFeature(mask);
    this.conditions = conditions;
    this.background = background;
    this.keep = keep;
  }

  /** @param copy the row's own values, which are overwritten */
  write(copy: Copy, kept: readonly number[], random: Random): void {
    const { all, background } = this.conditions;
    const draws = random.uniform(this.elements.length + 1);
    const row = Math.floor((draws.at(-1) as number) * background);
    for (const [feature, own] of this.elements.entries()) {
      const draw = draws[feature] as number;
      if (!kept.includes(feature)) {
        if (background > 1 || draw >= this.keep) this.copy(copy, own, row);
        continue;
      }
      // A row of the same interval in place of the value itself: the rule holds for all of the interval.
      const rows = all[feature]?.rows ?? [];
      const from = rows[Math.floor(draw * rows.length)];
      if (from !== undefined) this.copy(copy, own, from);
    }
  }

  /** Share of the draws in which the conditions hold. */
  coverage(kept: readonly number[]): number {
    const { all, background } = this.conditions;
    if (background === 1) return this.keep ** kept.length;
    const rows = kept.map((feature) => new Set(all[feature]?.rows));
    let count = 0;
    for (let row = 0; row < background; row++) if (rows.every((own) => own.has(row))) count++;
    return count / background;
  }

  private copy(copy: Copy, own: readonly Element[], row: number): void {
    for (const { input, at } of own) {
      const { data, dims } = this.background[input] as Tensor;
      const from = rowsOf(this.background[input] as Tensor) === 1 ? 0 : row;
      (copy[input] as Elements)[at] = data[from * sizeOf(dims.slice(1)) + at] as never;
    }
  }
}
