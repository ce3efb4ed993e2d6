/** Images by URL, from the hosts that the tenant's policy names only. */
import { WhylightError } from '../../core/errors.ts';
import { PieceReader } from '../http/piece-reader.ts';

export interface ImageSource {
  /** Allowed hosts, with a port where it is not 443. */
  readonly hosts: readonly string[];
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  readonly fetch: typeof fetch;
}

const TIMEOUT_MS = 10_000;

/**
 * Fetches an image. No header of the client is sent along, and redirects are not followed, since they could lead to any
 * host.
 * @throws WhylightError `forbidden` for any other host; `payload_too_large`; `invalid_image` when it cannot be fetched.
 */
export async function fetchImage(address: string, source: ImageSource): Promise<Uint8Array> {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '' || !source.hosts.includes(url.host)) {
    throw new WhylightError(
      'forbidden',
      'Images are fetched by https only, and only from hosts that are allowed for this key. Send the image itself.',
    );
  }
  const signal = AbortSignal.any([source.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  let response: Response;
  try {
    response = await source.fetch(url.href, { redirect: 'manual', headers: { Accept: 'image/*' }, signal });
  } catch (cause) {
    throw unreachable('its host does not answer', cause);
  }
  if (response.status !== 200) {
    await response.body?.cancel();
    throw unreachable(`its host answered with status ${response.status}`);
  }
  return readUpTo(response, source.maxBytes);
}

async function readUpTo(response: Response, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = response.body && new PieceReader(response.body as ReadableStream<Uint8Array>);
  for (;;) {
    const part = await reader?.read().catch((cause: unknown) => {
      throw unreachable('the connection to its host was lost', cause);
    });
    if (!part) break;
    size += part.length;
    if (size > maxBytes) {
      await reader?.cancel();
      throw new WhylightError(
        'payload_too_large',
        `The image has more than the ${maxBytes} bytes that are allowed here.`,
        {
          max_bytes: maxBytes,
        },
      );
    }
    parts.push(part.slice());
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

const unreachable = (why: string, cause?: unknown): WhylightError =>
  new WhylightError('invalid_image', `The image cannot be fetched: ${why}.`, {}, { cause });
