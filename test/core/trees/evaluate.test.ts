import { describe, expect, it } from 'vitest';
import { floats, int, string } from '../../../src/core/onnx/attributes.ts';
import type { Node } from '../../../src/core/onnx/graph.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { MODES } from '../../../src/core/trees/branches.ts';
import { outputsOf, toPrecision } from '../../../src/core/trees/evaluate.ts';
import { readEnsemble } from '../../../src/core/trees/read.ts';
import { open } from '../../support/engine.ts';
import {
  classifier,
  compactNode,
  graphOf,
  leaf,
  numbers,
  randomTree,
  regressor,
  split,
  type Tree,
} from './ensembles.ts';

const LISTED_MODES = MODES.filter((mode) => mode !== 'BRANCH_MEMBER');
const POST = ['NONE', 'SOFTMAX', 'LOGISTIC', 'SOFTMAX_ZERO', 'PROBIT'];

/** The largest difference from onnxruntime, over all rows. */
async function distance(node: Node, columns: number, rows: readonly (readonly number[])[]): Promise<number> {
  const ensemble = readEnsemble(node);
  const run = await open(graphOf(node, columns));
  const { scores } = await run({ x: float32([rows.length, columns], rows.flat()) });
  await run.release();
  const width = (scores?.data.length ?? 0) / rows.length;
  return Math.max(
    ...rows.flatMap((row, i) => {
      const ours = outputsOf(ensemble, toPrecision(ensemble, row));
      expect(ours).toHaveLength(width);
      return Array.from(ours, (value, k) => {
        const theirs = Number(scores?.data[i * width + k]);
        return Object.is(value, theirs) || value === theirs ? 0 : Math.abs(value - theirs);
      });
    }),
  );
}

/** Rows with thresholds hit exactly, missed by the smallest step, and NaN. */
function awkwardRows(count: number, columns: number): number[][] {
  const draw = numbers(5);
  const awkward = [0, -0, 1, 2, 3, 4, 1.9999998807907104, 2.000000238418579, 1e-45, -1e-45, 7, -3, Number.NaN];
  return Array.from({ length: count }, () =>
    Array.from({ length: columns }, () => awkward[Math.floor(draw() * awkward.length)] as number),
  );
}

describe('outputsOf', () => {
  for (const mode of LISTED_MODES) {
    it(`agrees with onnxruntime on ${mode}, for values at a threshold, beside it and NaN`, async () => {
      const draw = numbers(11);
      const trees = Array.from({ length: 8 }, () => randomTree(draw, 3, 4, [mode]));
      expect(await distance(regressor(trees), 3, awkwardRows(200, 3))).toBeLessThan(1e-6);
    });
  }

  it('agrees with onnxruntime on trees that mix all kinds of tests', async () => {
    const draw = numbers(12);
    const trees = Array.from({ length: 8 }, () => randomTree(draw, 3, 5, LISTED_MODES));
    expect(await distance(regressor(trees), 3, awkwardRows(200, 3))).toBeLessThan(1e-6);
  });

  for (const aggregate of ['SUM', 'AVERAGE', 'MIN', 'MAX']) {
    it(`agrees with onnxruntime on the ${aggregate} of trees with a base value`, async () => {
      const draw = numbers(13);
      const trees = Array.from({ length: 5 }, () => randomTree(draw, 3, 3));
      const node = regressor(trees, { aggregate_function: string(aggregate), base_values: floats([0.25]) });
      expect(await distance(node, 3, awkwardRows(50, 3))).toBeLessThan(1e-6);
    });
  }

  const bases: [number, number[]][] = [
    [1, []],
    [1, [0.25]],
    [2, []],
    [2, [0.25]],
    [2, [0.25, 0.5]],
    [3, []],
    [3, [0.1, 0.2, 0.3]],
  ];
  for (const [classes, base] of bases) {
    it(`agrees with onnxruntime on the scores of ${classes} classes with the base values [${base}]`, async () => {
      const cases = [[0], [1], [0, 1], [0, 2]].filter((ids) => ids.every((id) => id < classes));
      for (const ids of cases) {
        for (const sign of [1, -1]) {
          for (const post of POST) {
            // One score for two classes has no probit.
            if (post === 'PROBIT' && classes === 2) continue;
            const weights = (a: number): Record<number, number> =>
              Object.fromEntries(ids.map((id, i) => [id, i === 0 ? a : sign * (a + 0.1)]));
            const trees = [split(0, 0.5, leaf(weights(0.1 * sign)), leaf(weights(0.6)))];
            const node = classifier(classes, trees, {
              post_transform: string(post),
              ...(base.length > 0 && { base_values: floats(base) }),
            });
            expect(await distance(node, 1, [[0], [1]]), `${ids} ${sign} ${post}`).toBeLessThan(1e-5);
          }
        }
      }
    });
  }

  for (const targets of [1, 2, 3]) {
    it(`agrees with onnxruntime on ${targets} targets of a regressor through every post-transform`, async () => {
      for (const post of POST) {
        const trees = [split(0, 0.5, leaf({ 0: 0.1, [targets - 1]: 0.3 }), leaf({ 0: 0.6, [targets - 1]: 0.7 }))];
        const node = regressor(trees, { n_targets: int(targets), post_transform: string(post) });
        expect(await distance(node, 1, [[0], [1]]), post).toBeLessThan(1e-5);
      }
    });
  }

  for (const mode of MODES) {
    it(`agrees with onnxruntime on ${mode} in a TreeEnsemble of ai.onnx.ml 5`, async () => {
      const draw = numbers(14);
      const grow = (): Tree => split(0, 2, randomTree(draw, 3, 3, [mode]), randomTree(draw, 3, 3, [mode]));
      expect(await distance(compactNode(Array.from({ length: 4 }, grow)), 3, awkwardRows(200, 3))).toBeLessThan(1e-6);
    });
  }

  it('agrees with onnxruntime on every aggregate and post-transform of a TreeEnsemble', async () => {
    const draw = numbers(15);
    const trees = Array.from({ length: 3 }, () =>
      split(0, 2, split(1, 1, leaf({ 0: draw() }), leaf({ 1: draw() })), leaf({ 1: draw() })),
    );
    for (const aggregate of [0, 1, 2, 3]) {
      for (const post of [0, 1, 2, 3]) {
        const node = compactNode(trees, {
          n_targets: int(2),
          aggregate_function: int(aggregate),
          post_transform: int(post),
        });
        expect(await distance(node, 2, awkwardRows(20, 2)), `${aggregate} ${post}`).toBeLessThan(1e-5);
      }
    }
  });
});
