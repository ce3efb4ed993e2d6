/** Confidence bounds on the mean of 0 and 1, and the choice of the best of several means from few samples. */

/** Bisections of a bound: a precision of 2^-20. */
const ROUNDS = 20;
/** Constants of the exploration rate (Kaufmann and Kalyanakrishnan 2013, section 4.1). */
const [ALPHA, SCALE] = [1.1, 405.5];

/** Successes of samples. */
export interface Tally {
  readonly hits: number;
  readonly samples: number;
}

/** Share of hits; 0 without samples. */
export const meanOfTally = ({ hits, samples }: Tally): number => (samples > 0 ? hits / samples : 0);

/** Kullback-Leibler divergence of two Bernoulli distributions, in nats. */
export function divergence(p: number, q: number): number {
  const near = (x: number): number => Math.min(1 - 1e-16, Math.max(1e-16, x));
  const [a, b] = [near(p), near(q)];
  return a * Math.log(a / b) + (1 - a) * Math.log((1 - a) / (1 - b));
}

/**
 * Bounds on the mean: the values whose divergence from the share of hits is `level / samples`.
 * @param level larger for more certainty: `log(1 / delta)` for one test, {@link explorationRate} for many
 */
export function boundsOf(tally: Tally, level: number): { readonly lower: number; readonly upper: number } {
  if (tally.samples === 0) return { lower: 0, upper: 1 };
  const mean = meanOfTally(tally);
  const most = level / tally.samples;
  const towards = (end: number): number => {
    let [inside, outside] = [mean, end];
    for (let round = 0; round < ROUNDS; round++) {
      const middle = (inside + outside) / 2;
      if (divergence(mean, middle) > most) outside = middle;
      else inside = middle;
    }
    return inside;
  };
  return { lower: towards(0), upper: towards(1) };
}

/** Level of the bounds of one of `arms` means in round `round`, from 1 on, for the confidence `1 - delta`. */
export function explorationRate(arms: number, round: number, delta: number): number {
  const rate = Math.log((SCALE * arms * round ** ALPHA) / delta);
  return rate + Math.log(rate);
}

/** Settings of {@link bestArms}. */
export interface Search {
  /** Number of arms wanted. */
  readonly count: number;
  readonly delta: number;
  /** Difference of means that does not matter. */
  readonly tolerance: number;
  /** Draws more samples of an arm. @returns false where no more may be drawn */
  readonly draw: (arm: number) => Promise<boolean>;
}

/**
 * Finds the arms with the highest means (KL-LUCB): the weakest of the best and the strongest of the rest are drawn until
 * their bounds are no more than `tolerance` apart.
 * @param tallies of all arms, as `draw` changes them
 * @returns indices of the best, best first
 * @see https://proceedings.mlr.press/v30/Kaufmann13.html
 */
export async function bestArms(
  tallies: readonly Tally[],
  { count, delta, tolerance, draw }: Search,
): Promise<readonly number[]> {
  const arms = Array.from(tallies.keys());
  const ranked = (): number[] =>
    arms.toSorted((a, b) => meanOfTally(tallies[b] as Tally) - meanOfTally(tallies[a] as Tally) || a - b);
  for (const arm of arms) if (tallies[arm]?.samples === 0 && !(await draw(arm))) return ranked().slice(0, count);
  for (let round = 1; count < arms.length; round++) {
    const level = explorationRate(arms.length, round, delta);
    const order = ranked();
    const bounds = arms.map((arm) => boundsOf(tallies[arm] as Tally, level));
    const weakest = extremeOf(order.slice(0, count), (arm) => -(bounds[arm]?.lower ?? 0));
    const strongest = extremeOf(order.slice(count), (arm) => bounds[arm]?.upper ?? 1);
    if ((bounds[strongest]?.upper ?? 1) - (bounds[weakest]?.lower ?? 0) < tolerance) break;
    if (!(await draw(weakest)) || !(await draw(strongest))) break;
  }
  return ranked().slice(0, count);
}

const extremeOf = (arms: readonly number[], value: (arm: number) => number): number =>
  arms.reduce((best, arm) => (value(arm) > value(best) ? arm : best));
