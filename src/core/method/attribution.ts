/** Holds what a method returns against its promise. */
import { WhylightError } from '../errors.ts';
import type { ModelInfo, TensorInfo } from '../model/info.ts';
import { firstNotFinite } from '../tensor/finite.ts';
import type { Float32Tensors } from '../tensor/rows.ts';
import { sizeOf } from '../tensor/tensor.ts';
import type { Attribution, Method } from './contract.ts';
import { checkResults, unusable } from './results.ts';

const NUMBERS = ['score', 'baselineScore', 'convergenceDelta', 'standardError'] as const;

/**
 * Checks what a method returned for one row.
 * @param shapes of one row of each input
 * @throws WhylightError `method_failed` for values of the wrong name or shape, or that are not finite, and for results
 * that the method does not declare.
 */
export function checkAttribution(
  method: Pick<Method, 'id' | 'returns'>,
  attribution: Attribution,
  model: ModelInfo,
  shapes: Shapes,
): void {
  const values = attribution?.values ?? {};
  checkValues(method.id, values, model, shapes);
  for (const name of NUMBERS) {
    const value: unknown = attribution[name];
    if (name === 'baselineScore' && Number.isNaN(value)) throw noScore(method.id, 'one or more');
    if (value !== undefined && !Number.isFinite(value)) throw unusable(method.id, `${name} is ${value}`);
  }
  checkResults(method, attribution, values, (own) => checkValues(method.id, own, model, shapes));
}

type Shapes = Readonly<Record<string, readonly number[]>>;

function checkValues(method: string, values: Float32Tensors, model: ModelInfo, shapes: Shapes): void {
  const entries = Object.entries(values);
  if (entries.length === 0) throw unusable(method, 'no values');
  for (const [name, value] of entries) {
    if (
      !Array.isArray(value?.dims) ||
      !(value.data instanceof Float32Array) ||
      sizeOf(value.dims) !== value.data.length
    )
      throw unusable(method, `the values for "${name}" are no tensor of float32: make them with float32(dims, data)`);
    const tensor = known(model, name);
    const expected = shapes[name] ?? tensor?.dims;
    if (!expected) {
      const inputs = model.inputs.map((input) => input.name).join(', ');
      throw unusable(
        method,
        `values for "${name}", which is no tensor of the model: name an input (${inputs}) or a layer`,
      );
    }
    if (value.dims[0] !== 1 || !fits(value.dims.slice(1), expected)) {
      const forms = formsOf(expected, tensor?.channelAxis).join(', or ');
      throw unusable(method, `the values for "${name}" have the shape [${value.dims.join(', ')}], expected ${forms}`);
    }
    const wrong = firstNotFinite(value.data);
    if (wrong >= 0) throw unusable(method, `element ${wrong} of the values for "${name}" is ${value.data[wrong]}`);
  }
}

/** @param which copies of the input it is: `3 of 16` */
export function noScore(method: string, which: string): WhylightError {
  const message = `The model gives NaN or infinity for ${which} copies of the input with the baseline in place of features, as where it divides by a sum that becomes zero. Give another baseline for "${method}".`;
  return new WhylightError('unprocessable_method', message, {
    method,
    parameter: 'baseline',
    issues: [{ parameter: 'baseline', message }],
  });
}

/** Shapes that values may have: one for each element, or one for all channels of a position. */
function formsOf(expected: readonly (number | string)[], channelAxis = expected.length - 1): string[] {
  const whole = `[1, ${expected.join(', ')}]`;
  if (expected.length < 2 || expected[channelAxis] === 1) return [whole];
  return [whole, `[1, ${expected.with(channelAxis, 1).join(', ')}] with one value for all channels`];
}

/** A map over a layer has one channel, or is reduced to none, whatever the layer has. */
function fits(dims: readonly number[], expected: readonly (number | string)[]): boolean {
  return (
    dims.length === expected.length &&
    expected.every((dim, i) => typeof dim === 'string' || dims[i] === dim || dims[i] === 1)
  );
}

function known(model: ModelInfo, name: string): TensorInfo | undefined {
  try {
    return model.tensor(name);
  } catch {
    return undefined;
  }
}
