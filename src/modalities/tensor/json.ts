/** Tensors from nested lists of JSON. */

import { WhylightError } from '../../core/errors.ts';
import { parseJson } from '../../core/json.ts';
import { toBfloat16 } from '../../core/tensor/half.ts';
import { arrayType, type DataType, sizeOf, type Tensor, tensor } from '../../core/tensor/tensor.ts';
import { invalidArray } from '../arrays/npy-header.ts';
import { type NumberRules, shown, toElement } from './numbers.ts';

export interface JsonTensorOptions extends NumberRules {
  /** Element type of the result; float32 when left out. */
  readonly dtype?: DataType;
  /** Shape, for a flat list; a nested one must have exactly this shape. */
  readonly dims?: readonly number[];
  /** Name of the file or the input, for messages. */
  readonly name?: string;
}

/**
 * Tensor from the text of nested JSON lists.
 * @throws WhylightError `invalid_tensor` with line and column of a syntax error, or with the index of the first element
 *   that is no number, is out of range (`1e999`) or makes the lists ragged.
 * @example
 * parseJsonTensor('[[1, 2], [3, 4]]').dims; // [2, 2]
 */
export function parseJsonTensor(text: string, options: JsonTensorOptions = {}): Tensor {
  const { name = 'the JSON' } = options;
  try {
    return jsonTensor(parseJson(text, name), options);
  } catch (error) {
    if (!WhylightError.is(error, 'invalid_config')) throw error;
    const nan = /[[,]\s*-?(NaN|Infinity)\b/.test(text);
    throw invalidArray(
      error.message + (nan ? ' JSON has no NaN and no Infinity: write null or "NaN" where gaps are allowed.' : ''),
      error.details,
    );
  }
}

/**
 * Tensor from parsed JSON: nested lists, a flat list with `dims`, or a single number.
 * @throws WhylightError `invalid_tensor` as `parseJsonTensor`.
 */
export function jsonTensor(value: unknown, options: JsonTensorOptions = {}): Tensor {
  const { dtype = 'float32', dims, name = 'the JSON' } = options;
  if (typeof value === 'object' && !Array.isArray(value)) {
    throw invalidArray(`${name} is ${shown(value)}: expected nested lists of numbers.`, { name });
  }
  const found = shapeOf(value);
  if (dims && !sameShape(found, dims) && !(found.length === 1 && found[0] === sizeOf(dims))) {
    throw invalidArray(
      `${name} has shape [${found.join(', ')}], but [${dims.join(', ')}] was expected (or a flat list of ${sizeOf(dims)}).`,
      { name, given: found, expected: dims },
    );
  }
  const data = new (arrayType(dtype))(sizeOf(found));
  fill(value, found, { data, dtype, name, rules: options, at: 0, path: [] });
  return tensor(dtype, dims ?? found, data as never);
}

/** Lengths along the first element of each list. */
function shapeOf(value: unknown): number[] {
  const dims: number[] = [];
  for (let part = value; Array.isArray(part); part = part[0]) dims.push(part.length);
  return dims;
}

const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((length, axis) => length === b[axis]);

interface Filling {
  readonly data: InstanceType<ReturnType<typeof arrayType>>;
  readonly dtype: DataType;
  readonly name: string;
  readonly rules: NumberRules;
  readonly path: number[];
  at: number;
}

function fill(value: unknown, dims: readonly number[], state: Filling): void {
  const { path } = state;
  const depth = path.length;
  if (depth < dims.length) {
    const length = dims[depth] as number;
    if (!Array.isArray(value) || value.length !== length) {
      throw problem(state, shown(value), `a list of ${length}, as the others on this level: the lists are ragged`);
    }
    for (let i = 0; i < length; i++) {
      path.push(i);
      fill(value[i], dims, state);
      path.pop();
    }
    return;
  }
  const result = toElement(value, state.dtype, state.rules);
  if ('expected' in result) {
    const overflow = value === Infinity || value === -Infinity;
    throw problem(state, overflow ? 'a number that is too large' : shown(value), result.expected);
  }
  state.data[state.at++] = (state.dtype === 'bfloat16' ? toBfloat16(Number(result.element)) : result.element) as never;
}

function problem({ name, path }: Filling, given: string, expected: string): WhylightError {
  const where = path.length > 0 ? `[${path.join('][')}] of ${name}` : name;
  return invalidArray(`${where} is ${given}: expected ${expected}.`, { name, index: [...path] });
}
