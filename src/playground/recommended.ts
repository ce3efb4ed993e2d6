/** Methods that the page shows first, and what it says of their cost. */
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

/** One method of each strategy, with the question that it answers. */
export const RECOMMENDED: Readonly<Record<string, string>> = {
  auto: 'The best method for this model',
  grad_cam: 'Where in the image it sees the class',
  integrated_gradients: 'Which pixels count, for and against',
  occlusion: 'What happens when a window is covered; works on every model',
};

/** Number of rows in words; a row with a derivative counts as about three. */
export function costWords({ rows }: MethodInfo): string {
  if (!rows) return '';
  const total = rows.forwards + 3 * rows.backwards;
  const speed = total <= 10 ? 'fast' : total <= 300 ? 'moderate' : 'slow';
  const runs = rows.forwards + rows.backwards;
  return `${speed}, ${runs} ${runs === 1 ? 'run' : 'runs'} of the model`;
}
