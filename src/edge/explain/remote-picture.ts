/** Pictures by their address: only from hosts that the tenant's policy names, and so from none unless it says so. */
import { WhylightError } from '../../core/errors.ts';

export interface PictureSource {
  /** Host names, with a port where it is not 443. */
  readonly hosts: readonly string[];
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  readonly fetch: typeof fetch;
}

const PATIENCE_MS = 10_000;

/**
 * The bytes at the address. Nothing of the client's request goes along, and redirects are not followed: they could lead
 * anywhere.
 * @throws WhylightError `forbidden` for any other host; `payload_too_large`; `invalid_image` for what cannot be fetched.
 */
export async function fetchPicture(address: string, source: PictureSource): Promise<Uint8Array> {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '' || !source.hosts.includes(url.host)) {
    throw new WhylightError(
      'forbidden',
      'Pictures are fetched only by https, and only from hosts that were allowed for this key. Send the picture itself.',
    );
  }
  const signal = AbortSignal.any([source.signal, AbortSignal.timeout(PATIENCE_MS)]);
  let response: Response;
  try {
    response = await source.fetch(url.href, { redirect: 'manual', headers: { Accept: 'image/*' }, signal });
  } catch (cause) {
    throw unreachable('it does not answer', cause);
  }
  if (response.status !== 200) {
    await response.body?.cancel();
    throw unreachable(`its host answers with ${response.status}`);
  }
  return readUpTo(response, source.maxBytes);
}

async function readUpTo(response: Response, most: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const part = await reader?.read().catch((cause: unknown) => {
      throw unreachable('its host stopped in between', cause);
    });
    if (!part || part.done) break;
    size += part.value.length;
    if (size > most) {
      await reader?.cancel();
      throw new WhylightError(
        'payload_too_large',
        `The picture has more than the ${most} bytes that are allowed here.`,
        {
          max_bytes: most,
        },
      );
    }
    parts.push(part.value);
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
  new WhylightError('invalid_image', `The picture cannot be fetched: ${why}.`, {}, { cause });
