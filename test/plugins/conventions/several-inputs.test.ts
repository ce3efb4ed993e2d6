/** Values of Captum 0.9.0 in float64 for two inputs of different shapes. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { expectValues } from '../../support/convention-maps.ts';
import { fractionRow, twoInputs } from '../../support/convention-nets.ts';

/** Rows of the tables below, as the reference gives them. */
const FIGURES: {
  readonly rows: readonly [string, keyof typeof baselines, object, Expected][];
} = JSON.parse(readFileSync(new URL('./several-inputs.json', import.meta.url), 'utf8'));

type Expected = Readonly<Record<'a' | 'b', readonly number[]>>;

/** A number for each element of `a` and each channel of `b`, or one for `a` and each column of `b`. */
const baselines = {
  channels: { a: float32([3], [0.25, -0.5, 1]), b: float32([1, 2, 1, 1], fractionRow(28, [2]).data) },
  columns: { a: float32([1], [0.5]), b: float32([1, 1, 1, 4], fractionRow(29, [4]).data) },
};

describe('two inputs with baselines that broadcast', async () => {
  const model = await twoInputs();
  const inputs = { a: float32([1, 3], [1.5, -2, 0.5]), b: fractionRow(27, [2, 2, 4], 2) };

  it.each(FIGURES.rows)('are explained by %s with a baseline for %s and %j', async (method, kind, params, expected) => {
    const all = { preset: 'captum', ...params };
    await expectValues(model, { method, params: all, inputs, target: 1, baselines: baselines[kind] }, expected);
  });

  it.each([
    [{ a: [0, 1, 2] }, 'lacks the input "b"'],
    [{ a: 0, b: 0, c: 0 }, 'names "c"'],
    [{ a: 0, b: [[0, 1, 2]] }, 'does not broadcast'],
    [{ a: 0, b: [[0, 1], [2]] }, 'different lengths'],
    [{ a: 0, b: [0.5] }, 'where a whole number belongs'],
  ])('are refused with the mask %j', async (feature_mask, message) => {
    const request = { method: 'feature_ablation', params: { feature_mask }, inputs, target: 1 };
    await expect(expectValues(model, request, {})).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining(message),
    });
  });
});
