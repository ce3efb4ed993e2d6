/** What is found out about a model before it goes live. */
import { WhylightError } from '../../core/errors.ts';
import type { Explainer } from '../../core/explainer/explainer.ts';
import type { Model } from '../../core/model/model.ts';
import type { Inputs } from '../../core/tensor/rows.ts';
import { sizeOf, tensor } from '../../core/tensor/tensor.ts';
import { ISOLATE_BYTES, inspect } from '../../tools/inspect.ts';

/**
 * Lets the engine run a row of zeros, where the model says how large a row is.
 * @throws WhylightError what the model or the engine has against it; `payload_too_large` for one that cannot fit an
 * isolate.
 */
export async function tryModel(
  explainer: Explainer,
  model: Model,
  waitUntil: (promise: Promise<unknown>) => void,
): Promise<void> {
  const { memory } = inspectModel(explainer, model);
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
}

/** See `inspect`: memory, operators without a rule, which methods apply. */
export const inspectModel = (explainer: Explainer, model: Model) =>
  inspect(model, explainer.methods, model.graph.opsets);

function zeros(model: Model): Inputs | undefined {
  const rows: Record<string, Inputs[string]> = {};
  for (const { name, dtype, dims } of model.graph.inputs) {
    const row = dims?.slice(1);
    if (!row?.every((extent) => typeof extent === 'number')) return undefined;
    const shape = [model.fixedBatch ?? 1, ...row];
    rows[name] = tensor(dtype, shape, new Array(sizeOf(shape)).fill(0));
  }
  return rows;
}

const mib = (bytes: number): number => Math.round(bytes / 2 ** 20);
