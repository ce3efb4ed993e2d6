/** Inspection of an uploaded model before it goes live. */
import type { WaitUntil } from '../../core/engine/session-cache.ts';
import type { Explainer } from '../../core/explainer/explainer.ts';
import { ISOLATE_LIMITS } from '../../core/limits.ts';
import { MethodRegistry } from '../../core/method/registry.ts';
import type { Model } from '../../core/model/model.ts';
import type { ModelSource } from '../../core/model/model-source.ts';
import { declaredOpsets } from '../../core/onnx/read.ts';
import type { Inputs } from '../../core/tensor/rows.ts';
import { sizeOf, tensor } from '../../core/tensor/tensor.ts';
import { type Inspection, inspect, type MethodReport, methodReports } from '../../tools/inspect.ts';
import { checkUploadSize } from './upload-size.ts';

export interface InspectionHooks {
  readonly waitUntil: WaitUntil;
  /** Lets other requests have a turn: between methods, since all of them together take seconds. */
  readonly pause?: (() => Promise<void>) | undefined;
}

/**
 * Inspects a model, and runs it on a row of zeros where the model declares the size of a row. Sizes are checked before
 * anything is computed from them.
 * @param source files of the model; the inspection names the operator sets of the file, not those after upgrading
 * @throws WhylightError errors of the model and of the engine; `payload_too_large` for one that cannot fit an isolate.
 */
export async function inspectUpload(
  explainer: Explainer,
  model: Model,
  source: Pick<ModelSource, 'bytes'>,
  { waitUntil, pause }: InspectionHooks,
): Promise<Inspection> {
  checkUploadSize(model);
  const inspection = inspect(model, new MethodRegistry([]), declaredOpsets(source.bytes));
  const methods: MethodReport[] = [];
  for (const report of methodReports(model, explainer.methods, { limits: ISOLATE_LIMITS.compilation })) {
    methods.push(report);
    await pause?.();
  }
  const inputs = zeros(model);
  if (inputs) await explainer.predict(model, { inputs, top: 0 }, { waitUntil });
  return { ...inspection, methods };
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
