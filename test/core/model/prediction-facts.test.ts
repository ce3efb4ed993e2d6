import { describe, expect, it } from 'vitest';
import type { BoundInfo } from '../../../src/core/model/model.ts';
import { predictionFacts } from '../../../src/core/model/prediction-facts.ts';
import type { ScoreSpace } from '../../../src/core/model/score-space.ts';

const spaceOf = (size: number): ScoreSpace =>
  ({ size, scores: { name: 'scores', dtype: 'float32', dims: [size] } }) as unknown as ScoreSpace;
const infoWith = (probability: BoundInfo['probability']): BoundInfo => ({ probability }) as BoundInfo;

describe('facts about a prediction', () => {
  it('are label, score, probability, margin and entropy of a softmax', () => {
    const row = Float32Array.of(Math.log(1), Math.log(3), Math.log(4));
    const facts = predictionFacts(row, spaceOf(3), infoWith('softmax'));
    expect(facts).toMatchObject({ label: 2, score: Math.fround(Math.log(4)) });
    expect(facts.probability).toBeCloseTo(0.5, 6);
    expect(facts.margin).toBeCloseTo(0.125, 6);
    expect(facts.entropy).toBeCloseTo(0.125 * Math.log(8) + 0.375 * Math.log(8 / 3) + 0.5 * Math.log(2), 6);
  });

  it('have no probability and no entropy where scores are none, and a margin in scores', () => {
    expect(predictionFacts(Float32Array.of(1, 4, 2), spaceOf(3), infoWith(undefined))).toEqual({
      label: 1,
      score: 4,
      probability: null,
      margin: 2,
      entropy: null,
    });
  });

  it('compare a single probability with its opposite', () => {
    const facts = predictionFacts(Float32Array.of(0.75), spaceOf(1), infoWith('given'));
    expect(facts).toMatchObject({ label: null, probability: 0.75, margin: 0.5 });
    expect(facts.entropy).toBeCloseTo(-0.75 * Math.log(0.75) - 0.25 * Math.log(0.25), 6);
  });

  it('add the entropies of independent probabilities', () => {
    const facts = predictionFacts(Float32Array.of(0, 0), spaceOf(2), infoWith('sigmoid'));
    expect(facts.entropy).toBeCloseTo(2 * Math.log(2), 6);
  });
});
