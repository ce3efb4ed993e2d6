/** Search for the shortest rule that holds: sets of conditions, grown one by one. */
import { bestArms, boundsOf, meanOfTally, type Tally } from './bernoulli-bounds.ts';

/** A set of conditions, with what was drawn under it. */
export interface Rule extends Tally {
  /** Numbers of the conditions, in the order in which they were added. */
  readonly conditions: readonly number[];
  /** Share of all draws in which the conditions hold. */
  readonly coverage: number;
  /** Precision of the rule before each condition was added. */
  readonly before: readonly number[];
}

interface Candidate extends Rule {
  hits: number;
  samples: number;
}

/** Parts and settings of a search. */
export interface RuleSearch {
  /** Number of conditions that there are. */
  readonly conditions: number;
  /** Precision that the rule must have. */
  readonly threshold: number;
  readonly delta: number;
  readonly tolerance: number;
  readonly beam: number;
  /** Conditions that a rule may have at most. */
  readonly most: number;
  /**
   * Draws samples in which the conditions hold, and counts those with the wanted answer.
   * @returns no samples where no more may be drawn
   */
  readonly draw: (conditions: readonly number[]) => Promise<Tally>;
  readonly coverageOf: (conditions: readonly number[]) => number;
}

/** Result of a search. */
export interface FoundRule {
  readonly rule: Rule;
  /** True if the rule has the precision that was asked for. */
  readonly holds: boolean;
  /** Precision without any condition. */
  readonly base: number;
}

/**
 * Beam search over rules of growing length: the first length with a rule whose precision is `threshold` or more, with
 * confidence `1 - delta`, ends it; among those of one length the widest coverage wins (algorithm 2 of the paper).
 * @see https://ojs.aaai.org/index.php/AAAI/article/view/11491
 */
export async function findRule(search: RuleSearch): Promise<FoundRule> {
  const { conditions, most, beam, delta, tolerance } = search;
  const empty: Candidate = { conditions: [], coverage: 1, before: [], hits: 0, samples: 0 };
  const known = new Map<string, Candidate>();
  const draw = async (candidate: Candidate): Promise<boolean> => {
    const { hits, samples } = await search.draw(candidate.conditions);
    candidate.hits += hits;
    candidate.samples += samples;
    return samples > 0;
  };
  await draw(empty);
  const emptyHolds = await isPrecise(empty, search, draw);
  const base = meanOfTally(empty);
  if (emptyHolds) return { rule: empty, holds: true, base };
  let [parents, best]: [readonly Candidate[], Candidate] = [[empty], empty];
  for (let length = 1; length <= Math.min(most, conditions); length++) {
    const candidates = extended(parents, search, known);
    const order = await bestArms(candidates, {
      count: Math.min(beam, candidates.length),
      delta,
      tolerance,
      draw: (arm) => draw(candidates[arm] as Candidate),
    });
    parents = order.map((arm) => candidates[arm] as Candidate).filter(({ samples }) => samples > 0);
    const [first] = parents;
    if (!first) break;
    if (meanOfTally(first) > meanOfTally(best)) best = first;
    const precise: Candidate[] = [];
    for (const parent of parents) if (await isPrecise(parent, search, draw)) precise.push(parent);
    const widest = precise.toSorted((a, b) => b.coverage - a.coverage || meanOfTally(b) - meanOfTally(a))[0];
    if (widest) return { rule: widest, holds: true, base };
  }
  return { rule: best, holds: false, base };
}

/** Every parent with one more condition; a set of conditions that was met in another order is met once. */
function extended(
  parents: readonly Candidate[],
  { conditions, coverageOf }: RuleSearch,
  known: Map<string, Candidate>,
): Candidate[] {
  const candidates: Candidate[] = [];
  for (const parent of parents) {
    for (let condition = 0; condition < conditions; condition++) {
      if (parent.conditions.includes(condition)) continue;
      const all = [...parent.conditions, condition];
      const key = all.toSorted((a, b) => a - b).join();
      if (known.has(key)) continue;
      const candidate: Candidate = {
        conditions: all,
        coverage: coverageOf(all),
        before: [...parent.before, meanOfTally(parent)],
        hits: 0,
        samples: 0,
      };
      known.set(key, candidate);
      candidates.push(candidate);
    }
  }
  return candidates;
}

/** True if the precision is the threshold or more with confidence; draws until that can be told, or nothing is left. */
async function isPrecise(
  candidate: Candidate,
  { threshold, delta, tolerance, beam, conditions }: RuleSearch,
  draw: (candidate: Candidate) => Promise<boolean>,
): Promise<boolean> {
  const level = Math.log(1 / (delta / (1 + (beam - 1) * conditions)));
  for (;;) {
    const mean = meanOfTally(candidate);
    const { lower, upper } = boundsOf(candidate, level);
    const isAbove = mean >= threshold;
    if (isAbove ? lower > threshold - tolerance : upper < threshold + tolerance) return isAbove;
    if (!(await draw(candidate))) return isAbove;
  }
}
