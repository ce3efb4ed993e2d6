import { describe, expect, it } from 'vitest';
import { toPrecision } from '../../../src/core/trees/evaluate.ts';
import { interventionalShap, pathDependentShap, type TreeShapResult } from '../../../src/core/trees/explain.ts';
import { readEnsemble } from '../../../src/core/trees/read.ts';
import { countShares } from '../../../src/core/trees/shares-of-rows.ts';
import { BACKGROUND, INTERVENTIONAL, IRIS_TREE, PATH_DEPENDENT, ROWS } from './iris.ts';

const ensemble = readEnsemble(IRIS_TREE);
const rows = toPrecision(ensemble, ROWS.flat());
const background = toPrecision(ensemble, BACKGROUND.flat());

function expectReference(
  explain: (target: number[]) => TreeShapResult,
  { expected, values }: typeof INTERVENTIONAL,
): void {
  for (const species of [0, 1, 2]) {
    const result = explain([0, 1, 2].map((k) => (k === species ? 1 : 0)));
    expect(result.expected).toBeCloseTo(expected[species] as number, 7);
    for (const [i, value] of (values[species] as number[][]).flat().entries()) {
      expect(result.values[i]).toBeCloseTo(value, 7);
    }
  }
}

describe('TreeSHAP of a decision tree for irises', () => {
  it('equals the Shapley values by definition for 32 background rows', () => {
    expectReference(
      (target) => interventionalShap(ensemble, { rows, background, columns: 4, target, space: 'output' }),
      INTERVENTIONAL,
    );
  });

  it('equals the path-dependent values of SHAP with the counts of training rows', () => {
    const lowShare = ensemble.lowShare as Float64Array;
    expectReference((target) => pathDependentShap(ensemble, { rows, columns: 4, target, lowShare }), PATH_DEPENDENT);
  });

  it('changes with counts of the background rows, and still adds up', () => {
    const lowShare = countShares(ensemble, background, 4);
    const { values, scores, expected } = pathDependentShap(ensemble, { rows, columns: 4, target: [0, 1, 0], lowShare });
    expect(expected).not.toBeCloseTo(PATH_DEPENDENT.expected[1] as number, 2);
    for (let i = 0; i < ROWS.length; i++) {
      const sum = values.slice(4 * i, 4 * i + 4).reduce((a, b) => a + b, 0);
      expect(sum + expected).toBeCloseTo(scores[i] as number, 12);
    }
  });
});
