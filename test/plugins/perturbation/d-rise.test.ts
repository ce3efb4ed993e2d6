/** D-RISE: what the masks are weighted by, against the sum by hand. */
import { describe, expect, it } from 'vitest';
import type { ExplainRequest } from '../../../src/core/explainer/request.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { TaskRegistry } from '../../../src/core/task/registry.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import plugin, { dRise } from '../../../src/plugins/perturbation/d-rise.ts';
import type { DetectionFormat } from '../../../src/tasks/detection/format.ts';
import { searchAs } from '../../../src/tasks/detection/search.ts';
import { targetOf } from '../../../src/tasks/detection/target.ts';
import { builtinTasks } from '../../../src/tasks/index.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';
import { quarters } from '../../support/other-models.ts';
import { shownWhole, table } from '../../tasks/detection/support.ts';

const SIDE = 8;
const PIXELS = SIDE * SIDE;
const image = { x: float32([1, 1, SIDE, SIDE], new Float32Array(PIXELS).fill(1)) };

/** Two scores: what the left half and the right half of an image show. */
const halves = async () => {
  const g = GraphBuilder.empty('halves');
  const x = g.input('x', 'float32', ['N', 1, SIDE, SIDE]);
  const half = (from: number) =>
    g.reduce(
      'ReduceMean',
      g.op('Slice', [x, g.ints([from]), g.ints([from + SIDE / 2]), g.ints([3])]),
      [1, 2, 3],
      false,
    );
  const columns = [half(0), half(SIDE / 2)].map((value) => g.op('Reshape', [value, g.ints([-1, 1])]));
  return openGraph(g.build([g.named(g.op('Concat', columns, { axis: 1 }), 'scores')]));
};

/** Masks that show the left half, the right half, and everything. */
const recorded = dRise((index, weights) => {
  for (let i = 0; i < PIXELS; i++) weights[i] = index === 2 || i % SIDE < SIDE / 2 === (index === 0) ? 1 : 0;
});

async function mapOf(request: Partial<ExplainRequest>, method = recorded): Promise<Float32Array> {
  const params = { n_masks: 3, reduction: 'mean', ...request.params };
  const all = { method: 'd_rise', inputs: image, ...request, params };
  const { rows } = await explainerOf([method]).explain(await halves(), all);
  return rows[0]?.map?.data ?? new Float32Array();
}

describe('d_rise', () => {
  it('weights each mask with the similarity of the target, not with the number that it is followed by', async () => {
    const taskTarget = {
      output: 'scores',
      weights: [{ index: 0, weight: 1 }],
      follow: () => 100,
      similarity: ({ scores }: Readonly<Record<string, { readonly data: Float32Array }>>) =>
        0.5 * (scores?.data[0] ?? 0),
    };
    const map = await mapOf({ taskTarget });
    // Left: (0.5 + 0.5) / 3; right: (0 + 0.5) / 3.
    expect(map[0]).toBeCloseTo(1 / 3, 6);
    expect(map[SIDE - 1]).toBeCloseTo(1 / 6, 6);
  });

  it('gives no weight to a mask under which the box vanishes', async () => {
    const rows = Array.from({ length: 3 * PIXELS }, (_, i) =>
      i % PIXELS >= PIXELS / 2 ? 0.1 : i % SIDE < SIDE / 2 ? 0.9 : 0.6,
    );
    const explainer = explainerOf([recorded], { tasks: new TaskRegistry(builtinTasks) });
    const explained = await explainer.explain(await openGraph(quarters()), {
      method: 'd_rise',
      inputs: { image: float32([1, 3, SIDE, SIDE], rows) },
      params: { n_masks: 3, reduction: 'mean', baseline: 0 },
      target: 'box:0',
      read: {},
    });
    const map = explained.rows[0]?.map?.data ?? [];
    // Hidden, the box of 0.9 has the score 0; the box of 0.6 then stands first in the list and must not replace it.
    expect(map[0]).toBeCloseTo((0.9 + 0.9) / 3, 5);
    expect(map[SIDE - 1]).toBeCloseTo(0.9 / 3, 5);
  });

  it('weights each mask with the score where the target is no box', async () => {
    const map = await mapOf({ target: 1 });
    expect(map[0]).toBeCloseTo(1 / 3, 6);
    expect(map[SIDE - 1]).toBeCloseTo(2 / 3, 6);
  });

  it('gives the same map for the same seed, and another for another seed', async () => {
    const params = { n_masks: 20, cells: 4 };
    const [first, again, other] = await Promise.all(
      [7, 7, 8].map((seed) => mapOf({ target: 0, seed, params }, plugin)),
    );
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it('finds the similarity of a box in its target, its objectness when nothing has changed', () => {
    const format = { id: 'yolo', output: 'o', channelAxis: 2, classes: 2, objectness: true, boxes: 'pixels' };
    const outputs = { o: table([[50, 50, 20, 20, 0.8, 0.9, 0.1]]) };
    const search = searchAs(format as DetectionFormat, outputs, shownWhole(100, 100));
    const [found] = search.found as [(typeof search.found)[0]];
    const target = targetOf(found as NonNullable<typeof found>, search, outputs);
    expect(target.similarity?.(outputs)).toBeCloseTo(0.8, 6);
    expect(target.similarity?.({ o: table([[10, 10, 4, 4, 0.8, 0.9, 0.1]]) })).toBe(0);
  });
});
