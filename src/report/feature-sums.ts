/** Values of features added up over many inputs: what a class depends on. */

/** One feature over the inputs of a class. */
export interface FeatureMean {
  readonly name: string;
  /** Mean of the values of the inputs that have the feature. */
  readonly mean: number;
  /** Mean magnitude over all inputs of the class; 0 for those without the feature. */
  readonly magnitude: number;
  /** Inputs that have the feature. */
  readonly count: number;
}

/** Number of features that a summary lists. */
const LISTED = 12;

export class FeatureSums {
  private readonly sums = new Map<string, { value: number; magnitude: number; count: number }>();

  /** Adds one input: a feature that it has twice, such as a word, counts with its sum. */
  add(names: readonly string[], values: readonly number[]): void {
    for (const [name, value] of addedUp(names, values)) {
      const sum = this.sums.get(name) ?? { value: 0, magnitude: 0, count: 0 };
      sum.value += value;
      sum.magnitude += Math.abs(value);
      sum.count += 1;
      this.sums.set(name, sum);
    }
  }

  /** The features with the largest magnitude. @param inputs number of inputs of the class */
  strongest(inputs: number): FeatureMean[] {
    return [...this.sums]
      .map(([name, { value, magnitude, count }]) => ({
        name,
        mean: value / count,
        magnitude: magnitude / inputs,
        count,
      }))
      .sort((a, b) => b.magnitude - a.magnitude || (a.name < b.name ? -1 : 1))
      .slice(0, LISTED);
  }
}

/** Sum of the values of each name. Words are the same in any case. */
export function addedUp(names: readonly string[], values: readonly number[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [i, name] of names.entries()) {
    const key = name.toLowerCase();
    sums.set(key, (sums.get(key) ?? 0) + (values[i] ?? 0));
  }
  return sums;
}
