/** Reads reference maps of detectors: boxes, class probabilities and objectness of each place, with recorded masks. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SessionCache } from '../../src/core/engine/session-cache.ts';
import { Explainer } from '../../src/core/explainer/explainer.ts';
import { MethodRegistry } from '../../src/core/method/registry.ts';
import { Model } from '../../src/core/model/model.ts';
import { graphCompiler } from '../../src/core/plan/compile-variant.ts';
import type { TaskOutputs, TaskTarget } from '../../src/core/task/task.ts';
import type { Tensor } from '../../src/core/tensor/tensor.ts';
import { dRise } from '../../src/plugins/perturbation/d-rise.ts';
import { referenceOf, scoreOfBox } from '../../src/tasks/detection/follow.ts';
import type { Detections, Head } from '../../src/tasks/detection/head.ts';
import { type Comparison, checked, distance } from './comparison.ts';
import type { Reference } from './reference-file.ts';
import { row } from './rows.ts';

const TOLERANCE = 1e-4;
const SESSION_BYTES = 2 ** 26;

/** True for the JSON of a reference of detections. */
export const isDetectionReference = (tensors: Readonly<Record<string, unknown>>): boolean =>
  'd_rise' in tensors && 'masks' in tensors;

/** The map of each explained detection, and the weights of the masks; the other arrays are given. */
export function readDetections(reference: Reference): Comparison[] {
  const { name, path, model: file } = reference;
  let model: Promise<Model> | undefined;
  const load = () => (model ??= readFile(join(dirname(path), file)).then((bytes) => Model.read({ bytes })));
  return (['d_rise', 'd_rise_weights'] as const).map((entry) =>
    checked(name, entry, {
      methods: ['d_rise'],
      tolerance: TOLERANCE,
      check: async (explainer) => {
        const places = Array.from(reference.array('detections').data, Number);
        const errors: number[] = [];
        for (const [i, place] of places.entries()) {
          const found = await explained(explainer, await load(), reference, i, place);
          errors.push(distance('l2', found[entry], row(reference.array(entry), i).data as Float32Array));
        }
        return errors;
      },
    }),
  );
}

/** The method with the masks of the file, and the weight that each mask got. */
async function explained(explainer: Explainer, model: Model, reference: Reference, index: number, place: number) {
  const masks = reference.array('masks');
  const weights: number[] = [];
  const given = detectionsOf({
    boxes: row(reference.array('of_the_input_boxes'), index) as Tensor<'float32'>,
    scores: row(reference.array('of_the_input_scores'), index) as Tensor<'float32'>,
    objectness: row(reference.array('of_the_input_objectness'), index) as Tensor<'float32'>,
  });
  const [head] = given.heads as [Head];
  const classes = Array.from(reference.array('of_the_input_scores').data as Float32Array);
  const count = (reference.array('of_the_input_scores').dims[1] ?? 1) as number;
  const own = classes.slice(index * count, (index + 1) * count);
  const box = referenceOf(head, 0, own.indexOf(Math.max(...own)));
  const target: TaskTarget = {
    output: 'scores',
    weights: [{ index: place * count + box.class, weight: 1 }],
    similarity: (outputs) => {
      const value = scoreOfBox(detectionsOf(outputs), box, 'similarity');
      weights.push(value);
      return value;
    },
  };
  const method = dRise((mask, shown) => shown.set(row(masks, mask).data as Float32Array));
  const alone = new Explainer({
    compiler: graphCompiler,
    engine: explainer.engine,
    sessions: new SessionCache(SESSION_BYTES),
    methods: new MethodRegistry([{ method }]),
  });
  const [input] = model.info().inputs;
  const { rows } = await alone.explain(model, {
    method: 'd_rise',
    params: { n_masks: masks.dims[0], reduction: 'mean' },
    taskTarget: target,
    inputs: { [input?.name as string]: reference.array('input') },
  });
  const map = rows[0]?.map?.data ?? new Float32Array();
  return { d_rise: map, d_rise_weights: weights };
}

/** Outputs [1, places, 4], [1, places, classes] and [1, places, 1] as candidates; a single place has no axis of its own. */
function detectionsOf({ boxes, scores, objectness }: TaskOutputs): Detections {
  if (!boxes || !scores || !objectness) throw new Error('the model has no boxes, scores and objectness');
  const classes = scores.dims.at(-1) as number;
  const head: Head = {
    count: boxes.data.length / 4,
    first: 0,
    scores: { data: scores.data, start: 0, step: classes, stride: 1, classes, output: 'scores' },
    objectness: { data: objectness.data, start: 0, step: 1, output: 'objectness' },
    box(candidate, out, at) {
      for (let i = 0; i < 4; i++) out[at + i] = boxes.data[candidate * 4 + i] as number;
    },
  };
  return { heads: [head] };
}
