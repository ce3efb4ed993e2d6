/** Targets of tasks through the whole explainer: a detector that sorts its boxes, so that rows change their meaning. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import type { ExplainedRow } from '../../../src/core/explainer/explanation.ts';
import type { TaskTarget } from '../../../src/core/task/task.ts';
import { cast } from '../../../src/core/tensor/cast.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import objectDetection from '../../../src/tasks/detection/object-detection.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';
import { quarters } from '../../support/other-models.ts';
import { described, input } from '../../tasks/support.ts';

const explainer = explainerOf(plugins.map(({ method }) => method));

/** The first quarter 0.9, the second 0.6, the others 0.1. */
const image = float32(
  [1, 3, 8, 8],
  Array.from({ length: 192 }, (_, i) => (Math.floor(i / 8) % 8 >= 4 ? 0.1 : i % 8 < 4 ? 0.9 : 0.6)),
);

async function explain(method: string, choice: { prediction: number }, params = {}): Promise<ExplainedRow> {
  const model = await openGraph(quarters());
  const inputs = { image };
  const { boxes } = await explainer.infer(model, { inputs, names: ['boxes'] });
  const outputs = { boxes: cast(boxes as NonNullable<typeof boxes>, 'float32') };
  const metadata = { task: 'detect', stride: '32', end2end: 'True', names: "['thing']" };
  const description = described([input(['N', 3, 8, 8])], outputs);
  const taskTarget: TaskTarget = objectDetection.target(choice, outputs, { description, metadata });
  const { rows } = await explainer.explain(model, { method, params, inputs, taskTarget, summary: true });
  return rows[0] as ExplainedRow;
}

const windows = { sliding_window_shape: [3, 4, 4], strides: [3, 4, 4], baseline: 0 };

describe('the explanation of a box that a task chose', () => {
  it('names the box and lists no classes', async () => {
    const row = await explain('saliency', { prediction: 1 });
    expect(row.target).toMatchObject({ index: 0, label: 'thing' });
    expect(row.score).toBeCloseTo(0.6, 5);
    expect(row.top).toEqual([]);
    expect(row.summary?.text).not.toContain('top class');
  });

  it('has the gradient of the score of the box', async () => {
    const { values } = await explain('saliency', { prediction: 1 }, { absolute: false });
    const map = values.image?.data ?? [];
    expect(map[0]).toBe(0);
    expect(map[4]).toBeCloseTo(1 / 48, 6);
  });

  it('follows the box to another row', async () => {
    const { values } = await explain('occlusion', { prediction: 0 }, windows);
    // Without its quarter the box is gone: the score falls by all of 0.9, not to that of the next row.
    expect(values.image?.data[0]).toBeCloseTo(0.9, 5);
    expect(values.image?.data[4]).toBeCloseTo(0, 5);
  });
});
