/** Checks of single numbers that a case states: the top score, elements of the gradient, scores with an element at zero. */

import { checkInputs } from '../../../src/core/model/inputs.ts';
import type { Model } from '../../../src/core/model/model.ts';
import type { Inputs } from '../../../src/core/tensor/rows.ts';
import type { Check } from '../opened-case.ts';

/** Row that an index of the output lies in. */
function rowAt({ places, description: { explained } }: Model, index: readonly number[]): number {
  const place = places[explained.name] ?? 0;
  return typeof place === 'number' ? (index[place] ?? 0) : 0;
}

const near = (a: number, b: number, scale: number, tolerance = 1e-4): boolean =>
  Math.abs(a - b) <= tolerance * Math.max(scale, 1e-12) + 1e-9;

/** Index of an element of one row, from its index in the output. */
function elementOf(model: Model, index: readonly number[], inputs: Inputs): number | undefined {
  const { shape, batchAxis, name } = model.description.explained;
  const info = model.info({ scores: 'output', shapes: checkInputs(model, inputs).shapes });
  if (info.scores.dims.some((dim) => typeof dim !== 'number') && shape.length !== index.length) return undefined;
  const row = batchAxis.value === null ? index : index.filter((_, axis) => axis !== (model.places[name] ?? 0));
  const dims = info.scores.dims.map(Number);
  const flat = row.reduce((sum, at, axis) => sum * (dims[axis] as number) + at, 0);
  return dims.length === row.length && Number.isInteger(flat) ? flat : undefined;
}

export const topFaults: Check = async ({ opened: { model }, inputs, expected: { top }, explainer }) => {
  if (!top) return [];
  const element = elementOf(model, top.index, inputs);
  const rows = await explainer.predict(model, { inputs, scores: 'output' });
  const score = element === undefined ? undefined : rows[rowAt(model, top.index)]?.scores[element];
  if (score === undefined || Number.isNaN(score)) return [];
  return near(score, top.value, Math.abs(top.value), 2e-3) ? [] : [`score is ${score}, expected ${top.value}`];
};

export const gradientFaults: Check = async ({ opened: { model }, inputs, expected, explainer }) => {
  const { gradient, top, methods, inputs: described } = expected;
  if (gradient?.of !== 'top' || (methods?.gradient && methods.gradient.must !== 'run')) return [];
  const element = top && elementOf(model, top.index, inputs);
  const name = described?.find(({ role }) => role === 'explained')?.name;
  if (!gradient || element === undefined || name === undefined) return [];
  const { rows } = await explainer.explain(model, {
    method: 'saliency',
    params: { absolute: false, reduction: 'none' },
    inputs,
    scores: 'output',
    target: { weights: [{ index: element, weight: 1 }] },
  });
  const values = top && rows[rowAt(model, top.index)]?.values[name]?.data;
  if (!values) return [`no gradient at ${name}`];
  const scale = Math.max(...gradient.values.map(Math.abs));
  // Elements are counted over all rows; those of other rows have no part in the score.
  const first = rowAt(model, top.index) * values.length;
  const has = gradient.elements.map((at) => (rows.length > 1 ? (values[at - first] ?? 0) : (values[at] as number)));
  const wrong = has.findIndex(
    (value, i) => !near(value, gradient.values[i] as number, scale, gradient.tolerance ?? 1e-3),
  );
  return wrong < 0 ? [] : [`gradient is ${has[wrong]}, expected ${gradient.values[wrong]}`];
};

export const removalFaults: Check = async ({ opened: { model }, inputs, expected, explainer }) => {
  const { element_to_zero: removal, top, request_target: stated, inputs: described } = expected;
  const element = top && elementOf(model, top.index, inputs);
  const name = described?.find(({ role }) => role === 'explained')?.name;
  if (!removal || element === undefined || name === undefined) return [];
  // Numbers of another target than the top class need that target.
  if (removal.of !== undefined && removal.of !== 'top' && !stated) return [];
  const { rows } = await explainer.explain(model, {
    method: 'feature_ablation',
    params: { feature_mask: 'none', baseline: 0 },
    inputs,
    scores: 'output',
    target:
      removal.of !== undefined && removal.of !== 'top' && stated
        ? stated
        : { weights: [{ index: element, weight: 1 }] },
  });
  const values = top && rows[rowAt(model, top.index)]?.values[name]?.data;
  if (!values) return [`no attribution of ${name}`];
  const scale = Math.max(...removal.values.map(Math.abs));
  const wrong = removal.values.findIndex((right, i) => !near(values[i] as number, right, scale, 1e-3));
  return wrong < 0 ? [] : [`ablation is ${values[wrong]}, expected ${removal.values[wrong]}`];
};
