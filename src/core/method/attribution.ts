/** Holds what a method returns against its promise. */
import { WhylightError } from '../errors.ts';
import type { Attribution, ModelInfo, TensorInfo } from './contract.ts';

/**
 * @param shapes of one row of each input
 * @throws WhylightError `method_failed` for values of the wrong name or shape, or that are not finite.
 */
export function checkAttribution(
  method: string,
  attribution: Attribution,
  model: ModelInfo,
  shapes: Readonly<Record<string, readonly number[]>>,
): void {
  const entries = Object.entries(attribution?.values ?? {});
  if (entries.length === 0) throw unusable(method, 'no values');
  for (const [name, value] of entries) {
    const expected = shapes[name] ?? known(model, name)?.dims;
    if (!expected) throw unusable(method, `values for "${name}", which is no tensor of the model`);
    if (value.dims[0] !== 1 || !fits(value.dims.slice(1), expected)) {
      throw unusable(
        method,
        `the values for "${name}" have the shape [${value.dims.join(', ')}], expected [1, ${expected.join(', ')}]`,
      );
    }
    const wrong = value.data.findIndex((x) => !Number.isFinite(x));
    if (wrong >= 0) throw unusable(method, `element ${wrong} of the values for "${name}" is ${value.data[wrong]}`);
  }
}

const unusable = (method: string, problem: string): WhylightError =>
  new WhylightError('method_failed', `Method "${method}" returned something unusable: ${problem}.`, { method });

/** A map over a layer has one channel, or is reduced to none, whatever the layer has. */
function fits(dims: readonly number[], expected: readonly (number | string)[]): boolean {
  return (
    dims.length === expected.length &&
    expected.every((extent, i) => typeof extent === 'string' || dims[i] === extent || dims[i] === 1)
  );
}

function known(model: ModelInfo, name: string): TensorInfo | undefined {
  try {
    return model.tensor(name);
  } catch {
    return undefined;
  }
}
