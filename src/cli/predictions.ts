/** Flags that say how the answer of a model is read. */
import { UsageError } from './arguments.ts';

export const TASK_ARGS = {
  task: {
    type: 'string',
    valueHint: 'id',
    description: 'What the model answers: classification, object_detection, segmentation, ...; found out when left out',
  },
  threshold: { type: 'string', valueHint: 'x', description: 'Predictions below this score are left out' },
} as const;

/** @throws UsageError for a threshold that is no number */
export function thresholdOf({ threshold }: { readonly threshold?: string }): number | undefined {
  if (threshold === undefined) return undefined;
  const value = Number(threshold);
  if (threshold.trim() !== '' && Number.isFinite(value)) return value;
  throw new UsageError(`--threshold takes a number, not "${threshold}".`);
}
