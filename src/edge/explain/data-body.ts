/** Bodies with data of a modality: texts, tables, series, sound, arrays. */
import { WhylightError } from '../../core/errors.ts';
import { bareMediaType, mediaTypeOf } from '../../core/modality/media-type.ts';
import { type ModalityRegistry, modalityOf } from '../../core/modality/registry.ts';
import type { ModalityId } from '../../core/model/description.ts';
import type { InferenceRequest, Parameters } from '../../protocol/open-inference.ts';
import type { ServedModel } from '../models/served-model.ts';

/** Data that a modality reads. */
export interface DataBody {
  readonly kind: 'data';
  readonly bytes: Uint8Array;
  /** With parameters, such as `text/csv; header=absent`. */
  readonly mediaType: string;
  readonly modality: ModalityId;
  readonly parameters: Parameters;
  /** The request in the Open Inference Protocol that the data came in. */
  readonly request?: InferenceRequest;
}

/** Media types that a model takes beside images and requests of the protocol, with the modality of each. */
export interface DataTypes {
  /** The model's own modality; undefined for images and for one that is not configured. */
  readonly own?: ModalityId;
  readonly ofOwn: readonly string[];
  readonly ofTensor: readonly string[];
}

const NONE: DataTypes = { ofOwn: [], ofTensor: [] };

/** The media types of a model, by its modality. */
export async function dataTypesOf(
  modalities: ModalityRegistry | undefined,
  served: Pick<ServedModel, 'model' | 'files'>,
): Promise<DataTypes> {
  if (!modalities) return NONE;
  const id = modalityOf(served.model);
  const typesOf = async (wanted: ModalityId) =>
    modalities.has(wanted) ? (await modalities.use(served, wanted)).modality.accepts.mediaTypes : [];
  const ofTensor = (await typesOf('tensor')).filter((type) => /np[yz]$/.test(type));
  if (id === 'image' || id === 'tensor' || !modalities.has(id)) return { ofOwn: [], ofTensor };
  return { own: id, ofOwn: await typesOf(id), ofTensor };
}

/** The body as data of this media type; undefined where no modality of the model reads it. */
export function dataOf(
  bytes: Uint8Array,
  mediaType: string,
  { own, ofOwn, ofTensor }: DataTypes,
  parameters: Parameters = {},
): DataBody | undefined {
  const type = bareMediaType(mediaType);
  if (own !== undefined && ofOwn.includes(type)) return { kind: 'data', bytes, mediaType, modality: own, parameters };
  if (ofTensor.includes(type)) return { kind: 'data', bytes, mediaType, modality: 'tensor', parameters };
  return undefined;
}

/** The body as data whose content decides, for clients that name no type. */
export function sniffedData(bytes: Uint8Array, types: DataTypes): DataBody | undefined {
  return types.own === undefined ? undefined : dataOf(bytes, mediaTypeOf('', bytes, types.ofOwn), types);
}

/**
 * Texts of a request with inputs of datatype BYTES: one input for texts, two for pairs, each element a row.
 * @throws WhylightError `invalid_request` for inputs of different lengths and for texts that are no UTF-8
 */
export function textsWithin(request: InferenceRequest, types: DataTypes, parameters: Parameters): DataBody | undefined {
  const { texts, inputs } = request;
  if (!texts || types.own === undefined || types.own === 'image' || !types.ofOwn.includes('application/json')) {
    return undefined;
  }
  const columns = [...texts].map(([name, items]) => [name, items.map(decoded)] as const);
  const lengths = new Set(columns.map(([, items]) => items.length));
  if (inputs.size > 0 || lengths.size > 1) {
    const detail =
      inputs.size > 0
        ? 'Inputs of datatype BYTES are read as texts, so no tensors can stand beside them.'
        : `Inputs of datatype BYTES must have the same number of rows, but have ${[...lengths].join(', ')}.`;
    throw new WhylightError('invalid_request', detail, { errors: [{ detail, pointer: '#/inputs' }] });
  }
  const rows = Array.from({ length: columns[0]?.[1].length ?? 0 }, (_, row) => {
    const values = columns.map(([name, items]) => [name, items[row]] as const);
    return values.length === 1 ? values[0]?.[1] : Object.fromEntries(values);
  });
  const bytes = new TextEncoder().encode(JSON.stringify(rows));
  const data = dataOf(bytes, 'application/json', types, parameters);
  return data && { ...data, request };
}

function decoded(item: string | Uint8Array): string {
  if (typeof item === 'string') return item;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(item);
  } catch (cause) {
    const detail = 'An element of datatype BYTES is no UTF-8 text.';
    throw new WhylightError('invalid_request', detail, { errors: [{ detail, pointer: '#/inputs' }] }, { cause });
  }
}

/** True for JSON that is a request of the Open Inference Protocol, and not data with names of its own. */
export function isInferenceRequest(bytes: Uint8Array): boolean {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return false;
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return false;
  const { inputs, parameters } = json as { inputs?: unknown; parameters?: { image_url?: unknown } };
  if (typeof parameters === 'object' && parameters !== null && 'image_url' in parameters) return true;
  const isTensor = (input: unknown): boolean => typeof input === 'object' && input !== null && 'datatype' in input;
  return Array.isArray(inputs) && inputs.every(isTensor);
}
