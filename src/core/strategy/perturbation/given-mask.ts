/** Feature masks that a request brings: one list for all inputs, or nested lists for each. */
import { WhylightError } from '../../errors.ts';
import type { ModelInfo, TensorInfo } from '../../model/info.ts';
import { knownDims } from '../../model/known-dims.ts';
import { broadcasts, broadcastTo } from '../../tensor/broadcast.ts';
import { type Tensor, tensor } from '../../tensor/tensor.ts';
import type { FeatureMask } from './modality-mask.ts';
import { positionsOf } from './positions.ts';

/** A number, or nested lists of whole numbers, by input name. */
export type MasksByInput = Readonly<Record<string, number | readonly unknown[]>>;

/**
 * Mask of a request. Equal numbers are one feature, even in different inputs.
 * @param given a number for each position or each element, one input after the other; or nested lists by input name,
 * which broadcast to a row of the input or have a number for each of its positions
 * @throws WhylightError `invalid_request` for a mask that does not fit the inputs
 */
export function givenMask({ inputs }: ModelInfo, given: readonly number[] | MasksByInput): FeatureMask {
  const masks = isList(given) ? cutList(inputs, given) : inputs.map((input) => ofInput(input, given, inputs));
  const numbers = new Set(masks.flatMap((mask) => [...new Set(mask)]));
  const names = new Map([...numbers].sort((a, b) => a - b).map((id, number) => [id, number]));
  return {
    features: names.size,
    ids: Object.fromEntries(
      inputs.map(({ name }, i) => [name, (masks[i] as Uint32Array).map((id) => names.get(id) as number)]),
    ),
  };
}

const isList = (given: readonly number[] | MasksByInput): given is readonly number[] => Array.isArray(given);

/** The share of each input in one list, at the elements of its row. */
function cutList(inputs: readonly TensorInfo[], given: readonly number[]): Uint32Array[] {
  const positions = inputs.map((input) => positionsOf(input));
  const elements = positions.reduce((sum, { ids }) => sum + ids.length, 0);
  const positionCount = positions.reduce((sum, { count }) => sum + count, 0);
  if (given.length !== elements && given.length !== positionCount) {
    const expected =
      elements === positionCount ? `${elements}` : `${positionCount} (positions) or ${elements} (elements)`;
    throw refused(
      `must have ${expected} numbers for the inputs ${inputs.map(shown).join(', ')}, but has ${given.length}`,
    );
  }
  const byElement = given.length === elements;
  let first = 0;
  return positions.map(({ ids, count }) => {
    const start = first;
    first += byElement ? ids.length : count;
    return ids.map((position, element) => given[start + (byElement ? element : position)] as number);
  });
}

/** The mask of one input, at the elements of its row. */
function ofInput(input: TensorInfo, given: MasksByInput, inputs: readonly TensorInfo[]): Uint32Array {
  const names = inputs.map(({ name }) => name);
  const strange = Object.keys(given).find((name) => !names.includes(name));
  if (strange !== undefined) throw refused(`names "${strange}", but the inputs are ${names.join(', ')}`);
  const own = given[input.name];
  if (own === undefined) throw refused(`lacks the input ${shown(input)}: give a number or a list for every input`);
  const dims = knownDims(input);
  const mask = arrayOf(own, input);
  if (broadcasts(mask.dims, dims)) return Uint32Array.from(broadcastTo(mask, dims).data as Int32Array);
  const { ids, count } = positionsOf(input);
  if (mask.data.length === count) return ids.map((position) => mask.data[position] as number);
  if (mask.data.length === ids.length) return Uint32Array.from(mask.data as Int32Array);
  throw refused(
    `has the shape [${mask.dims.join(', ')}] for the input ${shown(input)}, to which it does not broadcast`,
  );
}

/** Nested lists as a tensor, without axes of 1 in front. */
function arrayOf(given: number | readonly unknown[], input: TensorInfo): Tensor<'int32'> {
  const dims: number[] = [];
  for (let part: unknown = given; Array.isArray(part); part = part[0]) dims.push(part.length);
  const data: number[] = [];
  const walk = (part: unknown, axis: number): void => {
    if (axis < dims.length) {
      if (!Array.isArray(part) || part.length !== dims[axis]) {
        throw refused(`has lists of different lengths for the input ${shown(input)}`);
      }
      for (const item of part) walk(item, axis + 1);
    } else if (Number.isSafeInteger(part) && Number(part) >= 0) data.push(Number(part));
    else throw refused(`has ${JSON.stringify(part)} for the input ${shown(input)}, where a whole number belongs`);
  };
  walk(given, 0);
  const rank = knownDims(input).length;
  while (dims.length > rank && dims[0] === 1) dims.shift();
  return tensor('int32', dims, data);
}

const shown = ({ name, dims }: TensorInfo): string => `"${name}" [${dims.join(', ')}]`;

const refused = (message: string): WhylightError =>
  new WhylightError('invalid_request', `feature_mask ${message}.`, {
    issues: [{ parameter: 'feature_mask', message }],
  });
