/** Check of the tensors of a request against the inputs of a model. */
import { WhylightError } from '../errors.ts';
import type { ValueInfo } from '../onnx/graph.ts';
import { broadcasts, broadcastTo } from '../tensor/broadcast.ts';
import { cast } from '../tensor/cast.ts';
import { firstNotFinite } from '../tensor/finite.ts';
import type { Inputs } from '../tensor/rows.ts';
import { rowsOf } from '../tensor/rows.ts';
import type { DataType, Tensor } from '../tensor/tensor.ts';
import { type IdTable, reasonOf, unknownId } from './id-tables.ts';
import { type RowPlace, type RowPlaces, rowsInFront } from './row-places.ts';

export interface CheckedInputs {
  /** Inputs that the graph computes with as floating point numbers as float32; integers as the model wants them. */
  readonly inputs: Inputs;
  readonly rows: number;
  /** By input name, the rows left out. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

/** Parts of a model that decide the form of its inputs. */
export interface InputForm {
  readonly file: { readonly inputs: readonly ValueInfo[] };
  readonly places: RowPlaces;
  /** Inputs as the graph computes with them: float32 may stand for whole numbers. */
  readonly graph?: { readonly inputs: readonly ValueInfo[] };
  /** Tables that inputs look up in, by name of the input. */
  readonly idTables?: ReadonlyMap<string, readonly IdTable[]>;
  /** Names of the inputs in which NaN is a missing value that the model treats itself. */
  readonly gaps?: ReadonlySet<string>;
}

/**
 * Checks inputs in the file's own axes, and puts their rows in front.
 *
 * @param broadcast lets an input have one row beside several of others where the file gives it a batch of its own
 * @throws WhylightError `invalid_tensor` for a missing, unknown, misshapen or not finite input.
 */
export function checkInputs(
  { file: { inputs: expected }, graph, places, idTables, gaps }: InputForm,
  given: Inputs,
  { broadcast = false }: { readonly broadcast?: boolean } = {},
): CheckedInputs {
  refuseUnknown(expected, given);
  const inputs: Record<string, Tensor> = {};
  const rows = new Set<number>();
  for (const input of expected) {
    const value = given[input.name];
    if (!value) {
      const names = expected.map(({ name }) => name);
      throw new WhylightError(
        'invalid_tensor',
        `The input "${input.name}" is missing; the model has ${names.join(', ')}.`,
        { input: input.name, inputs: names },
      );
    }
    const place = places[input.name] ?? 0;
    checkShape(input, value, place);
    checkFinite(input, value, gaps?.has(input.name) ?? false);
    const inner = graph?.inputs.find(({ name }) => name === input.name)?.dtype ?? input.dtype;
    const checked = rowsInFront(cast(value, inner.includes('float') ? 'float32' : inner), place);
    checkIds(input.name, checked, idTables?.get(input.name));
    inputs[input.name] = checked;
    if (place !== 'whole') rows.add(rowsOf(checked));
  }
  if (broadcast && new Set(expected.map(({ dims }) => dims?.[0])).size > 1 && rows.size === 2) rows.delete(1);
  if (rows.size > 1) {
    throw new WhylightError(
      'invalid_tensor',
      `The inputs must have the same number of rows, but have ${[...rows].join(', ')}.`,
      { rows: [...rows] },
    );
  }
  const shapes = Object.fromEntries(
    Object.entries(inputs).map(([name, { dims }]) => [name, places[name] === 'whole' ? dims : dims.slice(1)]),
  );
  return { inputs, rows: [...rows][0] ?? 1, shapes };
}

/** A form of these inputs alone. */
const withInputs = ({ places, graph, idTables, gaps }: InputForm, inputs: readonly ValueInfo[]): InputForm => ({
  file: { inputs },
  places,
  ...(graph && { graph }),
  ...(idTables && { idTables }),
  ...(gaps && { gaps }),
});

function refuseUnknown(expected: readonly ValueInfo[], given: Inputs): void {
  const names = expected.map(({ name }) => name);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new WhylightError('invalid_tensor', `The model has no input "${unknown}"; it has ${names.join(', ')}.`, {
    input: unknown,
    inputs: names,
  });
}

/**
 * The baselines at the shapes of the inputs, where they broadcast to them: [1, 3, 1, 1] gives a number for each channel.
 * Others are left as they are, for {@link checkBaselines} to refuse.
 */
export const spreadBaselines = (given: Inputs, inputs: Inputs): Inputs =>
  Object.fromEntries(
    Object.entries(given).map(([name, baseline]) => {
      const { dims = [] } = inputs[name] ?? {};
      const rows = baseline.dims.length === dims.length ? (baseline.dims[0] ?? 1) : 1;
      const shape = [rows, ...dims.slice(1)];
      const spread = dims.length > 0 && broadcasts(baseline.dims, shape);
      return [name, spread ? broadcastTo(baseline, shape) : baseline];
    }),
  );

/**
 * Baselines for some inputs or all, each of one row or of as many as the inputs have; for a single row of inputs, any
 * number: methods that average over baselines take them all.
 * @throws WhylightError `invalid_tensor` as {@link checkInputs} does
 */
export function checkBaselines(form: InputForm, given: Inputs, rows: number): Inputs {
  const names = Object.keys(given);
  if (names.length === 0) return {};
  const wanted = form.file.inputs.filter(({ name }) => given[name]);
  // Among all inputs, so that an unknown name is told all of them.
  const expected = wanted.length === names.length ? wanted : form.file.inputs;
  const { inputs, rows: count } = checkInputs(withInputs(form, expected), given);
  if (count === 1 || rows === 1 || count === rows) return inputs;
  throw new WhylightError(
    'invalid_tensor',
    `The baselines have ${count} rows: give one, or ${rows} as the inputs have.`,
    { given: count, rows },
  );
}

function checkShape({ name, dims }: ValueInfo, value: Tensor, place: RowPlace): void {
  const isOpen = (dim: number | string, axis: number): boolean => typeof dim === 'string' || axis === place;
  const fits =
    !dims ||
    (value.dims.length === dims.length && dims.every((dim, axis) => isOpen(dim, axis) || dim === value.dims[axis]));
  // States of a first step may be empty along an open axis, but rows there must be.
  const hasRows = typeof place !== 'number' || (value.dims[place] ?? 1) > 0;
  if (fits && hasRows) return;
  const wanted = dims?.map((dim, axis) => (axis === place ? 'N' : dim)).join(', ') ?? 'N';
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

function checkFinite({ name, dtype }: ValueInfo, value: Tensor, missing: boolean): void {
  if (!fitsType(dtype, value.dtype)) {
    throw new WhylightError(
      'invalid_tensor',
      `The input "${name}" must be of type ${typeName(dtype)}, but is ${typeName(value.dtype)}.`,
      { input: name, expected: dtype, given: value.dtype },
    );
  }
  const numbers = value.dtype.includes('float16') ? cast(value, 'float32') : value;
  if (!numbers.dtype.startsWith('float')) return;
  const data = numbers.data as Float32Array;
  const wrong = missing ? data.findIndex((v) => Math.abs(v) === Number.POSITIVE_INFINITY) : firstNotFinite(data);
  if (wrong < 0) return;
  throw new WhylightError(
    'invalid_tensor',
    `Element ${wrong} of the input "${name}" is ${data[wrong]}: every element must be finite${missing ? ', or NaN where a value is missing' : ''}.`,
    {
      input: name,
      element: wrong,
    },
  );
}

/** @throws WhylightError `invalid_tensor` for an id that a table of the model does not have */
function checkIds(name: string, { data, dims }: Tensor, tables: readonly IdTable[] = []): void {
  const unknown = unknownId(tables, data, dims.at(-1) ?? 1);
  if (!unknown) return;
  const { element, id, entries } = unknown;
  throw new WhylightError(
    'invalid_tensor',
    `Element ${element} of the input "${name}" is ${id}, ${reasonOf(unknown)} Use the tokenizer or the coding that belongs to the model.`,
    { input: name, element, id, entries },
  );
}

/** An element type by its own name and by that of the Open Inference Protocol: `float32 (FP32)`. */
const typeName = (dtype: DataType): string =>
  `${dtype} (${dtype.replace('bfloat', 'BF').replace('float', 'FP').toUpperCase()})`;

const HALVES: readonly string[] = ['float16', 'bfloat16'];

/**
 * True if elements of this type may stand for the model's. Floating point is computed in float32, so float32 and halves
 * stand for one another; float64 would lose digits, and whole numbers are another kind of value.
 */
function fitsType(expected: DataType, given: DataType): boolean {
  if (given === expected) return true;
  if (!expected.includes('float')) return !given.includes('float');
  return given === 'float32' || (HALVES.includes(given) && expected !== 'float64');
}
