/** Inspection of an uploaded model before it goes live. */
import type { WaitUntil } from '../../core/engine/session-cache.ts';
import { askMethods } from '../../core/explainer/ask-methods.ts';
import type { Explainer } from '../../core/explainer/explainer.ts';
import { ISOLATE_LIMITS } from '../../core/limits.ts';
import type { MethodRegistry } from '../../core/method/registry.ts';
import { Model } from '../../core/model/model.ts';
import { declaredOpsets } from '../../core/onnx/read.ts';
import type { Inputs } from '../../core/tensor/rows.ts';
import { sizeOf, tensor } from '../../core/tensor/tensor.ts';
import { inspectionSteps } from '../../tools/inspect.ts';
import { type ReadFile, readModelFolder } from './folder.ts';
import { type UploadReport, uploadReport } from './upload-report.ts';
import { checkFileSize, checkLoops, checkUploadSize } from './upload-size.ts';

export interface InspectedUpload {
  readonly model: Model;
  readonly report: UploadReport;
}

/**
 * Reads and inspects a model without running it. Sizes are checked before anything is computed from them, and each
 * compilation is bounded as in an isolate, wherever this runs.
 * @param read reads `manifest.json` and the files that it names
 * @param pause called between slices of one compilation at most
 * @throws WhylightError `invalid_config` for a manifest that does not fit, `invalid_model`; `payload_too_large` for a model
 * that cannot fit an isolate
 */
export async function inspectFiles(
  name: string,
  read: ReadFile,
  methods: MethodRegistry,
  pause: () => Promise<void> = async () => undefined,
): Promise<InspectedUpload> {
  const source = await readModelFolder(read, name);
  checkFileSize(source.bytes);
  await pause();
  const model = await Model.read(source);
  await pause();
  checkUploadSize(model);
  checkLoops(model);
  await pause();
  await askMethods(methods, model);
  // The operator sets of the file, not those after upgrading.
  const steps = inspectionSteps(model, methods, declaredOpsets(source.bytes), ISOLATE_LIMITS.compilation);
  let step = steps.next();
  for (; !step.done; step = steps.next()) await pause();
  return { model, report: uploadReport(step.value) };
}

/**
 * Runs a model on a row of zeros where it declares the size of a row.
 * @throws WhylightError errors of the engine
 */
export async function tryUpload(
  explainer: Explainer,
  model: Model,
  hooks: { readonly waitUntil: WaitUntil; readonly signal?: AbortSignal },
): Promise<void> {
  const inputs = zeros(model);
  if (inputs) await explainer.predict(model, { inputs, top: 0 }, hooks);
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
