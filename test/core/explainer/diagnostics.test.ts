import { describe, expect, it } from 'vitest';
import { type Circumstances, diagnose } from '../../../src/core/explainer/diagnostics.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';

const of = (values: number[], circumstances: Partial<Circumstances> = {}) =>
  diagnose({ x: float32([1, values.length], values) }, { score: 1, ...circumstances });
const codes = (values: number[], circumstances?: Partial<Circumstances>) =>
  of(values, circumstances).warnings.map(({ code }) => code);

describe('diagnose', () => {
  it('measures the concentration of values of any sign', () => {
    expect(of([0, 0, 0, -1])).toMatchObject({ sparseness: 0.75, entropy: 0 });
    expect(of([1, -1, 1, -1]).entropy).toBeCloseTo(Math.log(4), 12);
  });

  it('computes the share of positive values over all tensors', () => {
    const two = { a: float32([1, 2], [3, -1]), b: float32([1, 1], [4]) };
    expect(diagnose(two, { score: 1 }).positiveShare).toBeCloseTo(7 / 8, 12);
    expect(of([0, 0]).positiveShare).toBe(0);
  });

  it('gives no warnings for a sound explanation', () => {
    expect(codes([1, -2, 3], { baselineScore: 0, convergenceDelta: 0.01, probability: 0.7 })).toEqual([]);
  });

  it.each([
    ['flat', [2, 2, 2]],
    ['flat', [0, 0]],
    ['all_negative', [-1, -2, 0]],
  ])('warns of values that are %s', (code, values) => {
    expect(codes(values)).toEqual([code]);
  });

  it('says that a gradient goes straight through rounding', () => {
    const { warnings } = of([1, -2, 3], { rounding: 'QuantizeLinear "q"' });
    expect(warnings).toMatchObject([
      { code: 'straight_through', message: expect.stringContaining('QuantizeLinear "q"') },
    ]);
  });

  it('names the inputs that a gradient leaves out', () => {
    const { warnings } = of([1, -2, 3], { leftOut: ['city', 'job'] });
    expect(warnings).toMatchObject([{ code: 'left_out', message: expect.stringContaining('("city", "job")') }]);
  });

  it('warns of a map that is flat because only the channels differ', () => {
    const values = { x: float32([1, 2, 1, 2], [1, 1, 3, 3]) };
    const warned = (map: number[]) => diagnose(values, { score: 1 }, float32([1, 2], map)).warnings;
    expect(warned([4, 4])).toMatchObject([{ code: 'flat', message: expect.stringContaining('target_layer') }]);
    expect(warned([4, 5])).toEqual([]);
  });

  it('does not warn of a large map in which a single value differs, wherever it lies', () => {
    const values = { x: float32([1, 2, 1, 2], [1, 1, 3, 3]) };
    const map = (differs: number) => Float32Array.from({ length: 1000 }, (_, i) => (i === differs ? 5 : 4));
    const warned = (differs: number) => diagnose(values, { score: 1 }, float32([10, 100], map(differs))).warnings;
    for (const differs of [0, 255, 256, 999]) expect(warned(differs)).toEqual([]);
    expect(warned(1000)).toMatchObject([{ code: 'flat' }]);
  });

  it.each([0.0001, 0.9999])('warns of a saturated probability of %d', (probability) => {
    expect(codes([1, 2], { probability })).toEqual(['saturated']);
  });

  it.each(['softmax', 'sigmoid'] as const)('names a saturated %s', (activation) => {
    const [warning] = of([1, 2], { probability: 0.99999, activation }).warnings;
    expect(warning?.message).toContain(`the ${activation} is saturated`);
  });

  it.each([
    ['the saturated softmax', { probability: 1, activation: 'softmax', strategy: 'gradient' }, 'softmax is saturated'],
    [
      'the reason of the method',
      { zeros: 'the penalty is too large.', strategy: 'perturbation' },
      'penalty is too large',
    ],
    ['a baseline with the same score', { baselineScore: 1, strategy: 'gradient' }, 'the score of the input'],
    ['a derivative of zero', { strategy: 'gradient' }, 'derivative of the score is zero'],
    ['a score that no change reached', { strategy: 'perturbation' }, 'the same whatever was changed'],
    ['the value of a neuron', { strategy: 'gradient', quantity: 'value' }, 'derivative of the value is zero'],
    ['a baseline with the same value', { baselineScore: 1, quantity: 'value' }, 'the value of the input'],
  ] as const)('explains values of zero by %s', (_, circumstances, reason) => {
    expect(of([0, 0], circumstances).warnings[0]).toMatchObject({
      code: 'flat',
      message: expect.stringContaining(reason),
    });
    expect(of([0, 1], { ...circumstances, probability: 0.5 }).warnings).toEqual([]);
  });

  it('warns of a score that rises without the strongest part', () => {
    expect(codes([1, 2], { hidden: { part: 'centre', change: 0.5 } })).toEqual(['contradicted']);
    expect(codes([1, 2], { hidden: { part: 'centre', change: -0.5 } })).toEqual([]);
  });

  it('warns when more than a twentieth of the difference is missing', () => {
    expect(codes([1, 2], { score: 3, baselineScore: 1, convergenceDelta: 0.11 })).toEqual(['incomplete']);
    expect(codes([1, 2], { score: 3, baselineScore: 1, convergenceDelta: -0.09 })).toEqual([]);
    // Rounding where score and baseline score are the same.
    expect(codes([1, -1], { score: 3, baselineScore: 3, convergenceDelta: 1e-7 })).toEqual([]);
  });

  it('does not call a constant of another value zero', () => {
    expect(of([2, 2]).warnings[0]?.message).toContain('the same');
  });

  it('suggests a remedy for each warning', () => {
    for (const { message } of of([-1, -1], { probability: 1, baselineScore: 0, convergenceDelta: 1 }).warnings)
      expect(message).toMatch(/Choose|Explain|Take/);
  });
});
