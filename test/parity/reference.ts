/**
 * Reads a folder of reference numbers: `<name>.json` beside `<name>.onnx` and `<name>.bin`. The JSON gives dtype, shape,
 * offset and length of each array in the little-endian `.bin`, with the parameters that made it.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type * as z from 'zod';
import { Model } from '../../src/core/model/model.ts';
import { sizeOf, type Tensor } from '../../src/core/tensor/tensor.ts';
import { type Comparison, type Example, type Expected, skipped } from './comparison.ts';
import { isDetectionReference, readDetections } from './detections.ts';
import { ENTRIES, type EntryFields } from './entries.ts';
import { readFiles } from './folder.ts';
import { isMetricReference, readMetrics } from './metrics.ts';
import { DRAWN } from './next.ts';
import { openReference, referenceSchema } from './reference-file.ts';
import { row } from './rows.ts';
import { isTextReference, readTexts } from './texts.ts';

const TOLERANCE = 1e-4;
/** CAM maps of the reference went through two resizings and three scalings. */
const CAM_TOLERANCE = 1e-3;
/** Arrays of a reference that are no attributions. */
const MODEL_INPUT = 'input';
const MODEL_OUTPUT = 'logits';

/** True for the JSON of a reference, false for another JSON file that happens to lie there. */
const isReference = (value: unknown): boolean => typeof value === 'object' && value !== null && 'tensors' in value;

/** Every entry of every reference in the folder itself, in the order of names. */
export const readReferences = (folder: string): Promise<Comparison[]> =>
  readFiles(folder, { schema: referenceSchema, matches: isReference, read: readReference });

async function readReference(path: string, json: z.output<typeof referenceSchema>): Promise<Comparison[]> {
  const reference = await openReference(path, json);
  const { name, model: file, fields: tensors, array } = reference;
  if (isMetricReference(tensors)) return readMetrics(reference);
  if (isTextReference(tensors)) return readTexts(reference);
  if (isDetectionReference(tensors)) return readDetections(reference);
  const { cam_tensor } = json;
  let model: Promise<Model> | undefined;
  const load = () => (model ??= readFile(join(dirname(path), file)).then((bytes) => Model.read({ bytes })));

  const input = array(MODEL_INPUT);
  const inputName = async () => (await load()).info().inputs[0]?.name as string;
  const comparisons: Comparison[] = [];
  for (const [entry, field] of Object.entries(tensors)) {
    if (entry === MODEL_INPUT || entry === MODEL_OUTPUT || DRAWN.has(entry)) continue;
    const recipe = ENTRIES[entry]?.({ ...(field as EntryFields), camTensor: cam_tensor ?? undefined, read: array });
    if (!recipe) {
      comparisons.push(skipped(name, entry, 'not an attribution that is known here'));
      continue;
    }
    const expected = array(entry);
    const targets = [field.target ?? 'sum'].flat();
    const examples = async (): Promise<Example[]> => {
      const key = await inputName();
      return Array.from({ length: input.dims[0] ?? 0 }, (_, i) =>
        (recipe.parts ?? [{}]).map((params, part): Example => {
          const wanted = row(expected, i) as Tensor<'float32'>;
          return {
            inputs: { [key]: row(input, i) },
            target: targets[i] ?? (targets[0] as number | string),
            params,
            expected: { '*': recipe.parts ? partOf(wanted, part) : wanted },
            ...(recipe.recorded && { own: recipe.recorded(i) }),
          };
        }),
      ).flat();
    };
    comparisons.push({
      model: name,
      entry,
      recipe,
      load,
      examples,
      norm: 'l2',
      tolerance: entry.startsWith('cam_') ? CAM_TOLERANCE : TOLERANCE,
    });
  }
  return comparisons;
}

/** Part `i` of [1, parts, ...], as [1, ...]. */
function partOf({ dims, data }: Tensor<'float32'>, i: number): Expected {
  const size = sizeOf(dims.slice(2));
  return { dims: [1, ...dims.slice(2)], data: data.slice(i * size, (i + 1) * size) };
}
