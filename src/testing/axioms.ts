/** Checks of the axioms that a method may declare. Each returns a description of a violation, or undefined. */
import type { Explanation } from '../core/explainer/explanation.ts';
import type { Inputs } from '../core/tensor/rows.ts';
import { sizeOf, type Tensor, tensor } from '../core/tensor/tensor.ts';
import { isUnused, type Mirrored, mirrored } from './mirror.ts';
import type { Trial } from './trial.ts';

/** As shares of the largest value. */
const TOLERANCE = 1e-3;
/** From here on, as a share of the change of the score, a value is not zero. */
const NOTICED = 1e-3;

/** Elements that the model treats alike and that have equal values must get equal attributions. */
export async function checkSymmetry(trial: Trial): Promise<string | undefined> {
  const subject = await mirrored(trial.subject);
  const { values, most } = await explained(trial, subject);
  for (const [name, value] of Object.entries(values)) {
    const { outer, dim, inner } = strides(value, subject.axisOf(name, value));
    for (let i = 0; i < outer * inner; i++) {
      for (let at = 0; at < dim / 2; at++) {
        const place = (position: number) => (Math.floor(i / inner) * dim + position) * inner + (i % inner);
        const [one = 0, other = 0] = [value.data[place(at)], value.data[place(dim - 1 - at)]].map(Number);
        if (Math.abs(one - other) > TOLERANCE * most)
          return `of "${name}", elements ${place(at)} and ${place(dim - 1 - at)} are equal and the model treats them alike, but they get ${one} and ${other}`;
      }
    }
  }
  return undefined;
}

/** Elements on which the score does not depend must get zero. */
export async function checkDummy(trial: Trial): Promise<string | undefined> {
  const subject = await mirrored(trial.subject);
  const { values, most } = await explained(trial, subject);
  for (const [name, value] of Object.entries(values)) {
    const { dim, inner } = strides(value, subject.axisOf(name, value));
    for (const [i, one] of value.data.entries())
      if (isUnused(Math.floor(i / inner) % dim, dim) && Math.abs(Number(one)) > TOLERANCE * most)
        return `the score does not depend on element ${i} of "${name}", but it gets ${one}`;
  }
  return undefined;
}

/** The attribution of a weighted sum of scores must be the weighted sum of their attributions. */
export async function checkLinearity(trial: Trial): Promise<string | undefined> {
  // Not a sum of 1: what is the same for every score must fail.
  const [a, b] = [2, -3];
  const weights = [a, b].map((weight, index) => ({ index, weight }));
  const [first, second, sum] = [
    (await trial.explain({ target: 0 })).rows[0]?.values ?? {},
    (await trial.explain({ target: 1 })).rows[0]?.values ?? {},
    (await trial.explain({ target: { weights } })).rows[0]?.values ?? {},
  ];
  const most = Math.max(largest(first), largest(second));
  for (const [name, { data }] of Object.entries(sum)) {
    for (const [i, value] of data.entries()) {
      const expected = a * (first[name]?.data[i] as number) + b * (second[name]?.data[i] as number);
      if (Math.abs(value - expected) > TOLERANCE * most)
        return `element ${i} of "${name}" gets ${value} for ${a} times the first score and ${b} times the second, but the same of what each gets is ${expected}`;
    }
  }
  return undefined;
}

/** An element that alone differs from the baseline, and changes the score, must not get zero. Skipped for embeddings, which have no baseline. */
export async function checkSensitivity(trial: Trial): Promise<string | undefined> {
  const subject = await mirrored(trial.subject);
  const on = onMirrored(trial, subject);
  const { model, inputs } = subject;
  const sources = model.info().sources.map(({ name }) => name);
  if (on.refusal() !== undefined || sources.some((name) => !(name in inputs))) return undefined;
  // Both ends lie where the model is flat: the slope at the input is zero, yet the score changes on the way.
  const [here, there] = [withFirst(inputs, 9), withFirst(inputs, -9)];
  const [row] = (await on.explain({ inputs: here, baselines: there, target: 0 })).rows;
  const [before] = (await on.explain({ inputs: there, baselines: there, target: 0 })).rows;
  const change = (row?.score ?? 0) - (before?.score ?? 0);
  for (const [name, { data }] of Object.entries(row?.values ?? {}))
    if (!(Math.abs(data[0] as number) > NOTICED * Math.abs(change)))
      return `element 0 of "${name}" alone differs from the baseline and changes the score by ${change}, but it gets ${data[0]}`;
  return undefined;
}

/** Attribution of the input of such a model; undefined where the method does not apply to it. */
async function explained(trial: Trial, subject: Mirrored): Promise<{ values: Values; most: number }> {
  const on = onMirrored(trial, subject);
  const values = on.refusal() === undefined ? ((await on.explain()).rows[0]?.values ?? {}) : {};
  return { values, most: largest(values) };
}

const onMirrored = (trial: Trial, subject: Mirrored): Trial =>
  trial.on(subject, 'feature_mask' in trial.method.params.shape ? subject.params : {});

type Values = Explanation['rows'][number]['values'];

const largest = (values: Values): number =>
  Object.values(values).reduce((all, { data }) => data.reduce((most, x) => Math.max(most, Math.abs(x)), all), 1e-9);

function strides({ dims }: Tensor, axis: number): { outer: number; dim: number; inner: number } {
  return { outer: sizeOf(dims.slice(0, axis)), dim: dims[axis] as number, inner: sizeOf(dims.slice(axis + 1)) };
}

/** The first element of each input has this value. */
const withFirst = (inputs: Inputs, value: number): Inputs =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, { dtype, dims, data }]) => {
      const changed = tensor(dtype, dims, data.slice());
      changed.data[0] = value;
      return [name, changed];
    }),
  );
