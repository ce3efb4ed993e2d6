/** Body of a request: an image file, a form with one, or tensors in the Open Inference Protocol. */
import type { Context } from 'hono';
import { WhylightError } from '../../core/errors.ts';
import { IMAGE_TYPES } from '../../core/image/formats.ts';
import { bareMediaType } from '../../core/modality/media-type.ts';
import { fromBase64 } from '../../protocol/base64.ts';
import {
  decodeRequest,
  HEADER_LENGTH,
  headerLengthOf,
  IMAGE_URL,
  type InferenceRequest,
  type Parameters,
} from '../../protocol/open-inference.ts';
import { bytesOf } from '../http/arriving.ts';
import type { EdgeEnv } from '../http/env.ts';
import { refuseRepeated } from '../http/middleware/single-parameters.ts';
import { positionsIn } from '../http/violations.ts';
import type { Services } from '../services.ts';
import { limitsFor } from '../tenants/tenant.ts';
import { type DataBody, type DataTypes, dataOf, isInferenceRequest, sniffedData, textsWithin } from './data-body.ts';
import { fetchImage, type ImageSource } from './remote-image.ts';

export type Body = {
  readonly parameters: Parameters;
  /** File of the field `similar_to` of a form: the input to compare with. */
  readonly similar?: Body;
} & (
  | { readonly kind: 'image'; readonly bytes: Uint8Array }
  | { readonly kind: 'tensors'; readonly request: InferenceRequest }
  | DataBody
);

/** Field of a form that holds the input to compare with. */
const SIMILAR = 'similar_to';

const ACCEPTED = ['multipart/form-data', 'application/json', 'application/octet-stream'];

/**
 * Reads the body. Neither an image nor data of a modality is decoded.
 * @param source source of images that are named by URL
 * @param types media types of the model's modality
 * @param images media types of images that are decoded
 * @throws WhylightError `unsupported_media_type`, `invalid_request`, `invalid_tensor`; errors of `fetchImage`
 */
export async function readBody(
  c: Context<EdgeEnv>,
  source: ImageSource,
  types: DataTypes,
  images: readonly string[] = IMAGE_TYPES,
): Promise<Body> {
  const mediaType = c.req.header('Content-Type') ?? '';
  const type = bareMediaType(mediaType);
  const header = c.req.header(HEADER_LENGTH);
  if (type === 'multipart/form-data') return readForm(c, source, types);
  if (type === 'application/json' || (type === 'application/octet-stream' && header !== undefined)) {
    const bytes = await bytesOf(c);
    const data = header === undefined && !isInferenceRequest(bytes) ? dataOf(bytes, mediaType, types) : undefined;
    return data ?? readTensors(bytes, c, header, source, types);
  }
  if (type.startsWith('image/')) return { kind: 'image', bytes: await bytesOf(c), parameters: {} };
  const known = [...types.ofOwn, ...types.ofTensor].includes(type);
  if (known || UNSPECIFIC.has(type)) {
    const bytes = await bytesOf(c);
    const isProtocol =
      header !== undefined || (isJson(bytes) && (types.own === undefined || isInferenceRequest(bytes)));
    if (isProtocol && !(known && header === undefined && type !== 'text/plain')) {
      return readTensors(bytes, c, header, source, types);
    }
    const data = (known ? dataOf(bytes, mediaType, types) : undefined) ?? sniffedData(bytes, types);
    if (data) return data;
    if (type === 'application/octet-stream') return { kind: 'image', bytes, parameters: {} };
  }
  const allowed = [...new Set([...types.ofOwn, ...images, ...ACCEPTED, ...types.ofTensor])];
  throw new WhylightError(
    'unsupported_media_type',
    `The Content-Type ${type || '(none)'} is not supported for this model: use ${allowed.join(', ')}.`,
    { allowed },
  );
}

/** Types that clients send without meaning them: Triton's none at all, `requests.post(data=...)`, `curl --data`. */
const UNSPECIFIC: ReadonlySet<string> = new Set([
  '',
  'application/octet-stream',
  'application/x-www-form-urlencoded',
  'text/plain',
]);

/** True if the body begins as a JSON object does, which no image does. */
const isJson = (bytes: Uint8Array): boolean => bytes.find((byte) => !WHITE_SPACE.has(byte)) === 0x7b;

const WHITE_SPACE: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);

async function readTensors(
  bytes: Uint8Array,
  c: Context<EdgeEnv>,
  header: string | undefined,
  source: ImageSource,
  types: DataTypes,
): Promise<Body> {
  const request = decodeRequest(bytes, header === undefined ? bytes.length : headerLengthOf(header, bytes.length));
  const { [IMAGE_URL]: url, ...parameters } = request.parameters;
  c.set('positions', positionsIn(parameters, [...request.inputs.keys()]));
  if (url === undefined) {
    const within = textsWithin(request, types, parameters) ?? imageWithin(request, parameters);
    return within ?? { kind: 'tensors', request, parameters };
  }
  if (request.inputs.size > 0 || typeof url !== 'string') {
    const detail = `"${IMAGE_URL}" is the URL of an image, in place of inputs.`;
    throw new WhylightError('invalid_request', detail, { errors: [{ detail, pointer: `#/parameters/${IMAGE_URL}` }] });
  }
  return { kind: 'image', bytes: await fetchImage(url, source), parameters };
}

/** Returns the image of a request that has one in place of tensors: one input of datatype BYTES with one element. */
function imageWithin({ inputs, texts }: InferenceRequest, parameters: Parameters): Body | undefined {
  if (!texts) return undefined;
  const [[, items] = ['', []]] = texts;
  const [item] = items;
  if (inputs.size > 0 || texts.size > 1 || items.length !== 1 || item === undefined) {
    const detail = 'Datatype BYTES is read as an image: one input with one element, and no other inputs.';
    throw new WhylightError('invalid_request', detail, { errors: [{ detail, pointer: '#/inputs' }] });
  }
  const bytes = typeof item === 'string' ? fromBase64(item, '/inputs/0/data/0') : item;
  return { kind: 'image', bytes, parameters };
}

/** Makes the source of images that the tenant may name by URL. */
export function imageSource(c: Context<EdgeEnv>, { limits, fetch }: Pick<Services, 'limits' | 'fetch'>): ImageSource {
  const tenant = c.get('tenant');
  const { maxBody } = limitsFor(tenant, limits);
  return { hosts: tenant.image_hosts, maxBytes: maxBody, signal: c.req.raw.signal, fetch };
}

/** Reads a form: one file, in a field of any name, or the address of an image; every other field is a parameter. */
async function readForm(c: Context, source: ImageSource, types: DataTypes): Promise<Body> {
  let form: FormData;
  // Hono parses what has been read.
  await bytesOf(c);
  try {
    form = await c.req.formData();
  } catch (cause) {
    const message = 'The body is not a valid multipart form, although its Content-Type says so.';
    throw new WhylightError('invalid_request', message, {}, { cause });
  }
  const entries = [...form.entries()] as [string, string | Blob][];
  const uploads = entries.filter((entry): entry is [string, Blob] => typeof entry[1] !== 'string');
  const files = uploads.filter(([name]) => name !== SIMILAR);
  const [file] = files;
  const fields = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  refuseRepeated(fields.map(([name]) => name));
  const { [IMAGE_URL]: url, ...parameters } = Object.fromEntries(fields);
  const other = uploads.find(([name]) => name === SIMILAR);
  const similar = other && { similar: await fileBody(other[1], types) };
  if (!file && url !== undefined) {
    return { kind: 'image', bytes: await fetchImage(url, source), parameters, ...similar };
  }
  if (!file || files.length > 1 || url !== undefined) {
    throw new WhylightError(
      'invalid_request',
      `The form must hold one file or ${IMAGE_URL}, but it has ${files.length} files${url === undefined ? '' : ` and ${IMAGE_URL}`}. Send it as in curl -F image=@photo.jpg.`,
      { files: files.map(([name]) => name) },
    );
  }
  return { ...(await fileBody(file[1], types, parameters)), ...similar };
}

async function fileBody(file: Blob, types: DataTypes, parameters: Parameters = {}): Promise<Body> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const data = dataOf(bytes, file.type, types, parameters) ?? sniffedData(bytes, types);
  return data ? { ...data, parameters } : { kind: 'image', bytes, parameters };
}
