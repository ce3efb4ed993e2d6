/** Named tensors from the bytes of a file or a request. */
import { WhylightError } from '../../core/errors.ts';
import { parseJson } from '../../core/json.ts';
import { bareMediaType } from '../../core/modality/media-type.ts';
import type { InputFact } from '../../core/model/description.ts';
import type { Tensor } from '../../core/tensor/tensor.ts';
import { readNpy } from '../arrays/npy.ts';
import { invalidArray } from '../arrays/npy-header.ts';
import { readNpz } from '../arrays/npz.ts';
import { jsonTensor } from './json.ts';
import { rawTensor } from './raw.ts';

export const TENSOR_MEDIA_TYPES = [
  'application/x-npy',
  'application/x-npz',
  'application/json',
  'application/octet-stream',
] as const;

/** Tensors by the name of the input; a single one without a name has the key ''. */
export type NamedTensors = ReadonlyMap<string, Tensor>;

/**
 * Tensors of a `.npy` or `.npz` file, of JSON (nested lists, or an object with one for each input), or of raw
 * little-endian elements, which need a model with one input of known shape.
 * @throws WhylightError `unsupported_media_type`, or `invalid_tensor` with the place of what is wrong.
 */
export async function decodeTensors(
  bytes: Uint8Array,
  mediaType: string,
  inputs: readonly InputFact[],
): Promise<NamedTensors> {
  if (bytes.length === 0) throw invalidArray('The tensor is empty: it has 0 bytes.');
  switch (bareMediaType(mediaType)) {
    case 'application/x-npy':
      return new Map([['', readNpy(bytes, 'the tensor')]]);
    case 'application/x-npz':
      return readNpz(bytes, { name: 'the archive' });
    case 'application/json':
      return fromJson(parse(new TextDecoder().decode(bytes)), inputs);
    case 'application/octet-stream':
      return fromRaw(bytes, inputs);
    default:
      throw new WhylightError(
        'unsupported_media_type',
        `A tensor does not come as ${mediaType}: use ${TENSOR_MEDIA_TYPES.join(', ')}.`,
        { mediaType, supported: TENSOR_MEDIA_TYPES },
      );
  }
}

function parse(text: string): unknown {
  try {
    return parseJson(text, 'The JSON');
  } catch (error) {
    throw WhylightError.is(error, 'invalid_config') ? invalidArray(error.message, error.details) : error;
  }
}

function fromJson(value: unknown, inputs: readonly InputFact[]): NamedTensors {
  const dtypeOf = (name: string) => (inputs.find((input) => input.name === name) ?? inputs[0])?.dtype;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return new Map([['', jsonTensor(value, { dtype: dtypeOf(''), name: 'the tensor' })]]);
  }
  return new Map(
    Object.entries(value).map(([name, part]) => [
      name,
      jsonTensor(part, { dtype: dtypeOf(name), name: JSON.stringify(name) }),
    ]),
  );
}

/** One open length follows from the number of bytes. */
function fromRaw(bytes: Uint8Array, inputs: readonly InputFact[]): NamedTensors {
  const [input, ...others] = inputs;
  const open = input?.shape.filter((dim) => typeof dim === 'string').length ?? 0;
  if (!input || others.length > 0 || open > 1) {
    throw invalidArray(
      'Raw elements have no shape: they fit a model with one input and at most one open length. Send .npy or .npz instead.',
      { inputs: inputs.map(({ name, shape }) => ({ name, shape })) },
    );
  }
  const dims = input.shape.map((dim) => (typeof dim === 'string' ? -1 : dim));
  return new Map([[input.name, rawTensor(bytes, { dtype: input.dtype, dims, name: 'the tensor' })]]);
}
