/** Checks of trained folders: texts and images as a person gives them, by what the files in the folder say alone. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSubjects } from '../../../src/cli/read-subjects.ts';
import { openImage } from '../../../src/node/image-input.ts';
import type { ExpectedImage, ExpectedText } from '../expectation.ts';
import type { Check, OpenedCase } from '../opened-case.ts';
import { relativeMax } from './errors.ts';

export const textFaults: Check = async (it) => {
  const faults: string[] = [];
  for (const text of it.expected.texts ?? []) {
    const found = await faultsOfText(it, text);
    faults.push(...found.map((fault) => `"${String(text.text).slice(0, 20)}...": ${fault}`));
  }
  return faults;
};

async function faultsOfText({ opened, explainer }: OpenedCase, expected: ExpectedText): Promise<string[]> {
  const { model } = opened;
  const [text = '', pair] = [expected.text].flat();
  const flags = { text, ...(pair !== undefined && { 'text-pair': pair }) };
  const [subject] = await readSubjects(opened, flags, []);
  if (!subject) return ['gives no row'];
  const { inputs, prepared } = subject;
  const ids = Array.from(inputs.input_ids?.data ?? [], Number);
  if (ids.join() !== expected.input_ids.join()) return [`token ids are ${ids}, expected ${expected.input_ids}`];
  const faults: string[] = [];
  const [prediction] = await explainer.predict(model, { inputs, scores: 'output' });
  const off = relativeMax(prediction?.scores ?? [], expected.logits.flat());
  if (!(off <= 1e-4)) faults.push(`logits are off by ${off.toExponential(1)}`);
  const label = model.labels?.names[expected.target.class];
  if (label !== expected.target.label) faults.push(`label is ${label}, expected ${expected.target.label}`);
  const classes = Array.isArray(expected.logits[0]) ? expected.logits[0].length : 0;
  const index = (expected.position ?? 0) * classes + expected.target.class;
  const baselines = await prepared?.baselines();
  const { rows } = await explainer.explain(model, {
    method: 'integrated_gradients',
    params: { n_steps: 64, quadrature: 'gausslegendre', reduction: 'none' },
    inputs,
    ...(baselines && { baselines }),
    scores: 'output',
    target: { weights: [{ index, weight: 1 }] },
  });
  const [values] = Object.values(rows[0]?.values ?? {});
  const channels = values?.dims.at(-1) ?? 1;
  const sums = ids.map((_, token) => sumOf(values?.data.subarray(token * channels, (token + 1) * channels) ?? []));
  const error = relativeMax(sums, expected.integrated_gradients.pad_baseline.per_token);
  if (!(error <= 1e-3)) faults.push(`integrated gradients are off by ${error.toExponential(1)}`);
  return faults;
}

const sumOf = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0);

export const imageFaults: Check = async (it) => {
  const faults: string[] = [];
  for (const image of it.expected.images ?? []) {
    const found = await faultsOfImage(it, image);
    faults.push(...found.map((fault) => `${image.picture}: ${fault}`));
  }
  return faults;
};

async function faultsOfImage({ opened: { model }, explainer, folder }: OpenedCase, expected: ExpectedImage) {
  const bytes = new Uint8Array(await readFile(join(folder, expected.picture)));
  const { inputs } = await openImage(bytes, model);
  const faults: string[] = [];
  const [prediction] = await explainer.predict(model, { inputs, scores: 'output' });
  const off = relativeMax(prediction?.scores ?? [], expected.logits);
  if (!(off <= 1e-4)) faults.push(`logits are off by ${off.toExponential(1)}`);
  const label = prediction?.top[0]?.label;
  if (label !== expected.target.label) faults.push(`label is ${label}, expected ${expected.target.label}`);
  const { rows } = await explainer.explain(model, {
    method: 'saliency',
    params: { absolute: false, reduction: 'sum' },
    inputs,
    scores: 'output',
    target: expected.target.class,
  });
  const [values] = Object.values(rows[0]?.values ?? {});
  const error = relativeMax(rows[0]?.map?.data ?? values?.data ?? [], expected.gradient_sum_of_channels);
  if (!(error <= 1e-4)) faults.push(`gradient is off by ${error.toExponential(1)}`);
  return faults;
}
