/** Cases of Captum's infidelity: attributions and perturbations are given, the model is asked what they really do. */

import type { Explainer } from '../../src/core/explainer/explainer.ts';
import { infidelityOf } from '../../src/core/metrics/infidelity.ts';
import type { Model } from '../../src/core/model/model.ts';
import { float32, sizeOf } from '../../src/core/tensor/tensor.ts';
import type { ArrayText } from './array-text.ts';
import { type Comparison, checked } from './comparison.ts';

export interface InfidelityCase {
  readonly id: string;
  readonly model: string;
  readonly inputs?: Readonly<Record<string, ArrayText>>;
  readonly attributions?: Readonly<Record<string, ArrayText>>;
  readonly expected?: Readonly<Record<string, ArrayText>>;
  readonly tolerance: { readonly value: number };
  readonly target?: number | 'sum' | null;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** @param load the model, over inputs of the case's shapes */
export const infidelityCase = (given: InfidelityCase, load: () => Promise<Model>): Comparison =>
  checked(given.model, given.id, {
    methods: [],
    tolerance: given.tolerance.value,
    check: async (explainer) => {
      const model = await load();
      const expected = given.expected?.infidelity?.data ?? [];
      const errors: number[] = [];
      for (const [row, value] of expected.entries()) {
        errors.push(Math.abs((await infidelityOfRow(explainer, model, given, row)) - value));
      }
      return errors;
    },
  });

async function infidelityOfRow(
  explainer: Explainer,
  model: Model,
  given: InfidelityCase,
  row: number,
): Promise<number> {
  const { inputs = {}, attributions = {}, params = {}, target } = given;
  const of = (arrays: Readonly<Record<string, ArrayText>>, name: string): number[] => {
    const { shape = [], data = [] } = arrays[name] ?? {};
    const size = sizeOf(shape.slice(1));
    return data.slice(row * size, (row + 1) * size);
  };
  const score = async (change: (name: string, x: number, i: number) => number): Promise<number> => {
    const changed = Object.entries(inputs).map(([name, { shape }]) => [
      name,
      float32(
        [1, ...shape.slice(1)],
        of(inputs, name).map((x, i) => change(name, x, i)),
      ),
    ]);
    const [prediction] = await explainer.predict(model, { inputs: Object.fromEntries(changed), scores: 'output' });
    const scores = prediction?.scores ?? new Float32Array();
    return typeof target === 'number' ? (scores[target] as number) : scores.reduce((sum, one) => sum + one, 0);
  };
  const before = await score((_, x) => x);
  const masks = params.perturbations as ArrayText | undefined;
  const steps = params.perturbation as Readonly<Record<string, number>> | undefined;
  // Either masks that take elements away, of an attribution in units of the score, or one step for each input.
  const samples = masks ? (masks.shape[0] as number) : 1;
  const foretold = new Float64Array(samples);
  const happened = new Float64Array(samples);
  for (let k = 0; k < samples; k++) {
    const amount = (name: string, i: number): number =>
      masks ? (masks.data[k * (masks.shape[1] as number) + i] as number) : (steps?.[name] ?? 0);
    happened[k] = before - (await score((name, x, i) => (masks ? x * (1 - amount(name, i)) : x - amount(name, i))));
    foretold[k] = Object.keys(inputs).reduce(
      (sum, name) => of(attributions, name).reduce((all, value, i) => all + value * amount(name, i), sum),
      0,
    );
  }
  return infidelityOf(foretold, happened);
}
