/** Holds the tensors of a request against the inputs of a model. */
import { WhylightError } from '../errors.ts';
import type { ValueInfo } from '../onnx/graph.ts';
import { cast } from '../tensor/cast.ts';
import { firstNotFinite } from '../tensor/finite.ts';
import type { Inputs } from '../tensor/rows.ts';
import { rowsOf } from '../tensor/rows.ts';
import type { Tensor } from '../tensor/tensor.ts';

export interface CheckedInputs {
  /** Floating point inputs as float32, whatever the model computes in; integers as the model wants them. */
  readonly inputs: Inputs;
  readonly rows: number;
  /** By input name, the rows left out. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

/**
 * @param broadcast lets an input have one row beside several of others where the file gives it a batch of its own
 * @throws WhylightError `invalid_tensor` for a missing, unknown, misshapen or not finite input.
 */
export function checkInputs(
  expected: readonly ValueInfo[],
  given: Inputs,
  { broadcast = false }: { readonly broadcast?: boolean } = {},
): CheckedInputs {
  const names = expected.map(({ name }) => name);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new WhylightError('invalid_tensor', `The model has no input "${unknown}"; it has ${names.join(', ')}.`, {
      input: unknown,
      inputs: names,
    });
  }
  const inputs: Record<string, Tensor> = {};
  const rows = new Set<number>();
  for (const input of expected) {
    const value = given[input.name];
    if (!value) {
      throw new WhylightError(
        'invalid_tensor',
        `The input "${input.name}" is missing; the model has ${names.join(', ')}.`,
        { input: input.name, inputs: names },
      );
    }
    checkShape(input, value);
    checkFinite(input, value);
    inputs[input.name] = cast(value, input.dtype.includes('float') ? 'float32' : input.dtype);
    rows.add(rowsOf(value));
  }
  if (broadcast && new Set(expected.map(({ dims }) => dims?.[0])).size > 1 && rows.size === 2) rows.delete(1);
  if (rows.size > 1) {
    throw new WhylightError(
      'invalid_tensor',
      `The inputs must have the same number of rows, but have ${[...rows].join(', ')}.`,
      { rows: [...rows] },
    );
  }
  const shapes = Object.fromEntries(Object.entries(inputs).map(([name, { dims }]) => [name, dims.slice(1)]));
  return { inputs, rows: [...rows][0] ?? 1, shapes };
}

/**
 * Baselines for some inputs or all, each of one row or of as many as the inputs have; for a single row of inputs, any
 * number: methods that average over baselines take them all.
 * @throws WhylightError `invalid_tensor` as {@link checkInputs} does
 */
export function checkBaselines(expected: readonly ValueInfo[], given: Inputs, rows: number): Inputs {
  const names = Object.keys(given);
  if (names.length === 0) return {};
  const wanted = expected.filter(({ name }) => given[name]);
  // Among all inputs, so that an unknown name is told all of them.
  const { inputs, rows: count } = checkInputs(wanted.length === names.length ? wanted : expected, given);
  if (count === 1 || rows === 1 || count === rows) return inputs;
  throw new WhylightError(
    'invalid_tensor',
    `The baselines have ${count} rows: give one, or ${rows} as the inputs have.`,
    {
      given: count,
      rows,
    },
  );
}

function checkShape({ name, dims }: ValueInfo, value: Tensor): void {
  const fits =
    !dims ||
    (value.dims.length === dims.length &&
      dims.every((extent, i) => i === 0 || typeof extent === 'string' || extent === value.dims[i]));
  if (fits && rowsOf(value) > 0) return;
  const wanted = dims?.map((extent, i) => (i === 0 ? 'N' : extent)).join(', ') ?? 'N';
  throw new WhylightError(
    'invalid_tensor',
    `The input "${name}" must have the shape [${wanted}], but has [${value.dims.join(', ')}].`,
    {
      input: name,
      expected: dims,
      given: value.dims,
    },
  );
}

function checkFinite({ name, dtype }: ValueInfo, value: Tensor): void {
  const wantsFloat = dtype.includes('float');
  if (!wantsFloat && value.dtype.includes('float')) {
    throw new WhylightError('invalid_tensor', `The input "${name}" must be of type ${dtype}, but is ${value.dtype}.`, {
      input: name,
      expected: dtype,
      given: value.dtype,
    });
  }
  const numbers = value.dtype.includes('float16') ? cast(value, 'float32') : value;
  if (!numbers.dtype.startsWith('float')) return;
  const wrong = firstNotFinite(numbers.data as Float32Array);
  if (wrong < 0) return;
  throw new WhylightError(
    'invalid_tensor',
    `Element ${wrong} of the input "${name}" is ${numbers.data[wrong]}: every element must be finite.`,
    {
      input: name,
      element: wrong,
    },
  );
}
