/** Inspection of an uploaded model before it goes live. */
import type { WaitUntil } from '../../core/engine/session-cache.ts';
import { WhylightError } from '../../core/errors.ts';
import type { Explainer } from '../../core/explainer/explainer.ts';
import type { Model, ModelSource } from '../../core/model/model.ts';
import { declaredOpsets } from '../../core/onnx/read.ts';
import type { Inputs } from '../../core/tensor/rows.ts';
import { sizeOf, tensor } from '../../core/tensor/tensor.ts';
import { type Inspection, ISOLATE_BYTES, inspect } from '../../tools/inspect.ts';

/**
 * Inspects a model, and runs it on a row of zeros where the model declares the size of a row.
 * @param source files of the model; the inspection names the operator sets of the file, not those after upgrading
 * @throws WhylightError errors of the model and of the engine; `payload_too_large` for one that cannot fit an isolate.
 */
export async function inspectUpload(
  explainer: Explainer,
  model: Model,
  source: Pick<ModelSource, 'bytes'>,
  waitUntil: WaitUntil,
): Promise<Inspection> {
  const inspection = inspect(model, explainer.methods, declaredOpsets(source.bytes));
  const { memory } = inspection;
  const needed = memory.forward + memory.weights;
  if (needed > memory.limit) {
    throw new WhylightError(
      'payload_too_large',
      `The model would take about ${mib(needed)} MiB of the ${mib(ISOLATE_BYTES)} MiB of an isolate. Use a smaller one, or run it at the origin.`,
      { bytes: needed, max_bytes: memory.limit },
    );
  }
  const inputs = zeros(model);
  if (inputs) await explainer.predict(model, { inputs, top: 0 }, { waitUntil });
  return inspection;
}

function zeros(model: Model): Inputs | undefined {
  const rows: Record<string, Inputs[string]> = {};
  for (const { name, dtype, dims } of model.file.inputs) {
    const place = model.places[name];
    const shape = dims?.map((dim, axis) => (axis === place ? (model.fixedBatch ?? 1) : dim));
    if (!shape?.every((dim) => typeof dim === 'number')) return undefined;
    rows[name] = tensor(dtype, shape, new Array(sizeOf(shape)).fill(0));
  }
  return rows;
}

const mib = (bytes: number): number => Math.round(bytes / 2 ** 20);
