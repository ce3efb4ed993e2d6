/** What a request's body holds: a picture as it is, a form with one, or tensors in the Open Inference Protocol. */
import type { Context } from 'hono';
import { WhylightError } from '../../core/errors.ts';
import { IMAGE_TYPES } from '../../core/image/sniff.ts';
import { fromBase64 } from '../../protocol/base64.ts';
import {
  decodeRequest,
  HEADER_LENGTH,
  headerLengthOf,
  type InferenceRequest,
  type Parameters,
} from '../../protocol/open-inference.ts';
import { placesIn } from '../http/violations.ts';
import type { EdgeEnv, Services } from '../services.ts';
import { limitsFor } from '../tenants/tenant.ts';
import { fetchPicture, type PictureSource } from './remote-picture.ts';

export type Body = { readonly parameters: Parameters } & (
  | { readonly kind: 'picture'; readonly bytes: Uint8Array }
  | { readonly kind: 'tensors'; readonly request: InferenceRequest }
);

/** The parameter that names a picture by its https URL. */
const ADDRESS = 'image_url';

const ACCEPTED = [...IMAGE_TYPES, 'multipart/form-data', 'application/json', 'application/octet-stream'];

/**
 * @param pictures where a picture may be fetched that the body only names
 * @throws WhylightError `unsupported_media_type`, `invalid_request`, `invalid_tensor`; as `fetchPicture`. A picture is not looked into yet.
 */
export async function readBody(c: Context<EdgeEnv>, pictures: PictureSource): Promise<Body> {
  const type = c.req.header('Content-Type')?.split(';')[0]?.trim().toLowerCase() ?? '';
  const header = c.req.header(HEADER_LENGTH);
  if (type === 'multipart/form-data') return readForm(c);
  if (type === 'application/json' || (type === 'application/octet-stream' && header !== undefined)) {
    const bytes = await readBytes(c);
    const request = decodeRequest(bytes, header === undefined ? bytes.length : headerLengthOf(header, bytes.length));
    const { [ADDRESS]: address, ...parameters } = request.parameters;
    c.set('places', placesIn(parameters, [...request.inputs.keys()]));
    if (address === undefined) return pictureWithin(request, parameters) ?? { kind: 'tensors', request, parameters };
    if (request.inputs.size > 0 || typeof address !== 'string') {
      const detail = `"${ADDRESS}" is the address of a picture, in place of inputs.`;
      throw new WhylightError('invalid_request', detail, { errors: [{ detail, pointer: `#/parameters/${ADDRESS}` }] });
    }
    return { kind: 'picture', bytes: await fetchPicture(address, pictures), parameters };
  }
  if (type.startsWith('image/') || type === 'application/octet-stream') {
    return { kind: 'picture', bytes: await readBytes(c), parameters: {} };
  }
  throw new WhylightError(
    'unsupported_media_type',
    `A body of type ${type || '(none said)'} is not understood: set Content-Type to ${ACCEPTED.join(', ')}.`,
    { allowed: ACCEPTED },
  );
}

/** A picture in place of tensors: one input of datatype BYTES with one element, base64 in JSON. */
function pictureWithin({ inputs, texts }: InferenceRequest, parameters: Parameters): Body | undefined {
  if (!texts) return undefined;
  const [[, items] = ['', []]] = texts;
  const [item] = items;
  if (inputs.size > 0 || texts.size > 1 || items.length !== 1 || item === undefined) {
    const detail = 'BYTES are taken as a picture: one input with one element, and no other inputs.';
    throw new WhylightError('invalid_request', detail, { errors: [{ detail, pointer: '#/inputs' }] });
  }
  const bytes = typeof item === 'string' ? fromBase64(item, '/inputs/0/data/0') : item;
  return { kind: 'picture', bytes, parameters };
}

/** What the tenant may have fetched. */
export function pictureSource(
  c: Context<EdgeEnv>,
  { limits, fetch }: Pick<Services, 'limits' | 'fetch'>,
): PictureSource {
  const tenant = c.get('tenant');
  const { maxBody } = limitsFor(tenant, limits);
  return { hosts: tenant.image_hosts, maxBytes: maxBody, signal: c.req.raw.signal, fetch };
}

/** One file, whatever its field is called; every other field is a parameter. */
async function readForm(c: Context): Promise<Body> {
  let form: FormData;
  try {
    form = await c.req.formData();
  } catch (cause) {
    throw new WhylightError(
      'invalid_request',
      'The body is not the multipart form that its Content-Type says.',
      {},
      { cause },
    );
  }
  const entries = [...form.entries()] as [string, string | Blob][];
  const files = entries.filter(([, value]) => typeof value !== 'string');
  const [file] = files;
  if (!file || files.length > 1) {
    throw new WhylightError(
      'invalid_request',
      `The form must hold one picture, but it has ${files.length} files. Send it as in curl -F image=@photo.jpg.`,
      { files: files.map(([name]) => name) },
    );
  }
  const fields = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const bytes = new Uint8Array(await (file[1] as Blob).arrayBuffer());
  return { kind: 'picture', bytes, parameters: Object.fromEntries(fields) };
}

const readBytes = async (c: Context): Promise<Uint8Array> => new Uint8Array(await c.req.arrayBuffer());
