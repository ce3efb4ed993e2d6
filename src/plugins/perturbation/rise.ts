import * as z from 'zod';
import { choice } from '../../core/method/choice.ts';
import type { Attribution } from '../../core/method/contract.ts';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import { baselineParameter } from '../../core/strategy/baseline.ts';
import { Moments } from '../../core/strategy/moments.ts';
import { positionMask, spreadFeatures } from '../../core/strategy/perturbation/feature-mask.ts';
import { absentInputs, MIXTURES_KEPT, scoreMixtures } from '../../core/strategy/perturbation/mixtures.ts';
import { wordMask } from '../../core/strategy/perturbation/modality-mask.ts';
import { randomMask } from '../../core/strategy/perturbation/random-masks.ts';
import { isPrecise, precisionParameter, sizeOfMap } from '../../core/strategy/precision.ts';
import { finishValues, valueParameters } from '../../core/strategy/reduction.ts';
import { UNCERTAINTY_RETURNED, uncertaintyOf, uncertaintyParameter } from '../../core/strategy/uncertainty.ts';
import { float32 } from '../../core/tensor/tensor.ts';

/** Number of partial maps. */
const PARTIALS = 10;
/** Number of groups of masks whose spread gives the standard error. */
const GROUP = 5 * MIXTURES_KEPT;
/** Keeps a position that no mask has shown from dividing by zero. */
const MIN_COVERAGE = 1e-8;

/** S = E[f(x * M) | M keeps the place], estimated as sum_i f(x * M_i) M_i / sum_i M_i. */
export default defineMethod({
  apiVersion: 1,
  id: 'rise',
  strategy: 'perturbation',
  revision: 1,
  about: {
    title: 'RISE',
    summary: 'How high the score is on average when a position is visible through random masks.',
    paper: arxiv('1806.07421', 2018, 'RISE: Randomized Input Sampling for Explanation of Black-box Models'),
    properties: { signed: true, complete: false, deterministic: false, classDiscriminative: true },
    axioms: ['linearity'],
  },
  returns: { uncertainty: UNCERTAINTY_RETURNED },
  presets: { xplique: { n_masks: 4000, cells: 7, probability: 0.5, normalization: 'coverage', baseline: 0 } },
  params: z.object({
    n_masks: z
      .int()
      .min(1)
      .max(100_000)
      .default(1000)
      .describe(
        'Random masks (N). The paper takes 4000 for VGG16 and 8000 for ResNet50; noise falls with the square root.',
      ),
    cells: z.int().min(1).max(64).default(7).describe('Cells of a mask along each side (s).'),
    probability: z.number().gt(0).lte(1).default(0.5).describe('How likely a cell is visible (p).'),
    normalization: choice(
      ['coverage', 'expected', 'centered'],
      'coverage',
      'What the sum over the masks that keep a position is divided by: how often they kept it, as Xplique does (the mean score of these masks), or the N p that is expected, as the paper does (the same in the limit, with more noise). "centered" is the latter less the mean score of all masks: below zero where hiding helps.',
    ),
    baseline: baselineParameter,
    precision: precisionParameter(),
    uncertainty: uncertaintyParameter,
    ...valueParameters(),
  }),
  needs: () => ({ mixtures: true }),
  cost: ({ n_masks }) => ({ forwards: n_masks, backwards: 0 }),
  explain: async (ctx) => {
    const { n_masks, cells, probability, normalization, precision } = ctx.params;
    const words = wordMask(ctx.model);
    const mask = words ?? positionMask(ctx.model);
    const [all, group] = [new Gathered(mask.features), new Gathered(mask.features)];
    const groups = new Moments();
    const mapOf = (gathered: Gathered) => gathered.map(normalization, probability);
    const errors = () => {
      const { map } = (ctx.params.uncertainty && groups.standardErrors) || {};
      return map && spreadFeatures(mask, map.data, ctx.model);
    };
    const answer = (map: Float64Array): Attribution => ({
      values: finishValues(spreadFeatures(mask, map, ctx.model), ctx.params, ctx.model),
      ...(groups.standardError !== undefined && { standardError: groups.standardError }),
      ...uncertaintyOf(ctx, errors()),
    });
    const every = Math.max(1, Math.ceil(n_masks / PARTIALS / GROUP)) * GROUP;
    let enough = false;
    const [scores, masks]: [number[], Float32Array[]] = [[], []];
    const fold = (): void => group.add(scores.splice(0), masks.splice(0));
    await scoreMixtures(
      ctx,
      {
        count: n_masks,
        mask,
        absent: absentInputs(ctx),
        weigh: (index, weights) => {
          const random = ctx.random.at(index);
          if (words) weights.set(random.uniform(weights.length).map((number) => Number(number < probability)));
          else randomMask(ctx.model, { cells, keep: probability }, random, weights);
        },
      },
      (_, score, weights) => {
        scores.push(score);
        masks.push(weights);
        if (masks.length === MIXTURES_KEPT) fold();
        if (group.count < GROUP) return false;
        groups.add({ map: float32([mask.features], mapOf(group)) });
        all.take(group);
        if (all.count === n_masks || (all.count % every !== 0 && precision === 0)) return false;
        const map = mapOf(all);
        // A map of scores has a level of its own, which nobody asks about: what counts is how it varies.
        enough = isPrecise(groups.standardError, sizeOfMap(map).deviation, precision);
        if (!enough && all.count % every === 0) ctx.partial(() => answer(map));
        return enough;
      },
    );
    fold();
    all.take(group);
    return answer(mapOf(all));
  },
});

/** Sums over masks: of the scores, and at each place of the masks and of the scores times the masks. */
class Gathered {
  count = 0;
  private total = 0;
  private readonly seen: Float64Array;
  private readonly scored: Float64Array;

  constructor(positions: number) {
    this.seen = new Float64Array(positions);
    this.scored = new Float64Array(positions);
  }

  /** Scores of masks, and the masks. */
  add(scores: readonly number[], masks: readonly Float32Array[]): void {
    const { seen, scored } = this;
    this.count += masks.length;
    for (const score of scores) this.total += score;
    if (masks.length === MIXTURES_KEPT) addFive(seen, scored, scores, masks);
    else for (const [i, mask] of masks.entries()) addOne(seen, scored, scores[i] as number, mask);
  }

  /** Adds what another has gathered, which is then empty. */
  take(other: Gathered): void {
    this.count += other.count;
    this.total += other.total;
    for (let position = 0; position < this.seen.length; position++) {
      this.seen[position] = (this.seen[position] as number) + (other.seen[position] as number);
      this.scored[position] = (this.scored[position] as number) + (other.scored[position] as number);
    }
    [other.count, other.total] = [0, 0];
    other.seen.fill(0);
    other.scored.fill(0);
  }

  map(normalization: 'coverage' | 'expected' | 'centered', probability: number): Float64Array {
    const mean = normalization === 'centered' ? this.total / this.count : 0;
    const expected = normalization === 'coverage' ? undefined : this.count * probability;
    const map = new Float64Array(this.seen.length);
    for (let position = 0; position < map.length; position++) {
      const kept = this.seen[position] as number;
      map[position] = ((this.scored[position] as number) - mean * kept) / (expected ?? Math.max(kept, MIN_COVERAGE));
    }
    return map;
  }
}

function addOne(seen: Float64Array, scored: Float64Array, score: number, mask: Float32Array): void {
  for (let position = 0; position < mask.length; position++) {
    const weight = mask[position] as number;
    seen[position] = (seen[position] as number) + weight;
    scored[position] = (scored[position] as number) + score * weight;
  }
}

/** The same for {@link MIXTURES_KEPT} masks in half of the time: a sum is read and written once for all of them. */
function addFive(
  seen: Float64Array,
  scored: Float64Array,
  scores: readonly number[],
  masks: readonly Float32Array[],
): void {
  // Taking a list apart within the loop would take longer than all the rest.
  const [s1, s2, s3, s4, s5] = scores as [number, number, number, number, number];
  const [a, b, c, d, e] = masks as [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array];
  for (let position = 0; position < seen.length; position++) {
    const m1 = a[position] as number;
    const m2 = b[position] as number;
    const m3 = c[position] as number;
    const m4 = d[position] as number;
    const m5 = e[position] as number;
    seen[position] = (seen[position] as number) + (m1 + m2 + m3 + m4 + m5);
    scored[position] = (scored[position] as number) + (s1 * m1 + s2 * m2 + s3 * m3 + s4 * m4 + s5 * m5);
  }
}
