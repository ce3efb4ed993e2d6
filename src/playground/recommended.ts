/** Methods that the page shows first, and what it says of their cost. */
import type { ModalityId } from '../core/model/description.ts';
import type { MethodInfo } from './api.ts';

/** Stands for the method that the server chooses. */
export const AUTO: MethodInfo = {
  id: 'auto',
  title: 'Automatic',
  summary: 'The best method for this model; the answer names it.',
  strategy: 'automatic',
  enabled: true,
  applies: true,
  modalities: ['image'],
  properties: { signed: false, complete: false, deterministic: true, classDiscriminative: true },
  parameters: {},
};

const AUTOMATIC = { auto: 'The best method for this model' };

/** One method of each strategy, with the question that it answers, by kind of data. */
const BY_KIND: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  image: {
    ...AUTOMATIC,
    grad_cam: 'Where in the image it sees the class',
    integrated_gradients: 'Which pixels count, for and against',
    occlusion: 'What happens when a window is covered; works on every model',
  },
  text: {
    ...AUTOMATIC,
    integrated_gradients: 'Which words count, for and against',
    partition_shap: 'A fair share of the score for each word; works on every model',
    feature_ablation: 'What happens when a word is left out; works on every model',
  },
  tabular: {
    ...AUTOMATIC,
    integrated_gradients: 'Which columns count, for and against',
    kernel_shap: 'A fair share of the score for each column; works on every model',
    feature_ablation: 'What happens when a column is left out; works on every model',
  },
};

const OTHERS: Readonly<Record<string, string>> = {
  ...AUTOMATIC,
  integrated_gradients: 'Which parts count, for and against',
  occlusion: 'What happens when a window is covered; works on every model',
  feature_ablation: 'What happens when a part is left out; works on every model',
};

/** Methods that are shown first for a kind of data, each with the question that it answers. */
export const recommendedFor = (kind: ModalityId): Readonly<Record<string, string>> => BY_KIND[kind] ?? OTHERS;

/** Number of rows in words; a row with a derivative counts as about three. */
export function costWords({ rows }: MethodInfo): string {
  if (!rows) return '';
  const total = rows.forwards + 3 * rows.backwards;
  const speed = total <= 10 ? 'fast' : total <= 300 ? 'moderate' : 'slow';
  const runs = rows.forwards + rows.backwards;
  return `${speed}, ${runs} ${runs === 1 ? 'run' : 'runs'} of the model`;
}
