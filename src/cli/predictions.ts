/** Flags that say how the answer of a model is read. */
import { BOX_SCORES, type BoxScore } from '../core/task/task.ts';
import { UsageError } from './arguments.ts';
import { textFlag } from './flags.ts';

const BOX_SCORE_OPTIONS: BoxScore[] = [...BOX_SCORES];

export const TASK_ARGS = {
  task: textFlag(
    'What the model answers: classification, object_detection, segmentation, ...; found out when left out',
    { valueHint: 'id' },
  ),
  threshold: textFlag('Predictions below this score are left out', { valueHint: 'x' }),
  'box-score': {
    type: 'enum',
    options: BOX_SCORE_OPTIONS,
    description: 'Number that is explained for a box: confidence when left out',
  },
  'similar-to': textFlag(
    'Explains the cosine of the embeddings of the input and of this one: a file, a text, or a JSON list',
    { valueHint: 'input' },
  ),
} as const;

/** @throws UsageError for a threshold that is no number */
export function thresholdOf({ threshold }: { readonly threshold?: string }): number | undefined {
  if (threshold === undefined) return undefined;
  const value = Number(threshold);
  if (threshold.trim() !== '' && Number.isFinite(value)) return value;
  throw new UsageError(`--threshold takes a number, not "${threshold}".`);
}
