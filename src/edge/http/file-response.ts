/** Responses with a file: the whole, or the part that the request asks for. */
import type { Context } from 'hono';
import { byteRange, contentRange } from './byte-range.ts';
import { matchesTag } from './entity-tag.ts';
import type { EdgeEnv } from './env.ts';

export interface FileContent {
  readonly bytes: Uint8Array;
  /** File name for `Content-Disposition`. */
  readonly name: string;
  /** Strong entity tag, with its quotes. */
  readonly etag: string;
}

/**
 * Makes the response: 304 for a known entity tag, 206 for a range, otherwise 200. A client that continues a download
 * sends `If-Range`, and gets the whole file where it has changed.
 * @throws WhylightError `range_not_satisfiable`
 */
export function fileResponse(c: Context<EdgeEnv>, { bytes, name, etag }: FileContent): Response {
  c.header('ETag', etag);
  if (matchesTag(c.req.header('If-None-Match'), etag)) return c.body(null, 304);
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': dispositionOf(name),
    'Accept-Ranges': 'bytes',
  };
  const range = isSame(c.req.header('If-Range'), etag) ? partOf(c, bytes.length) : undefined;
  const { start, end } = range ?? { start: 0, end: bytes.length };
  const part = bytes.subarray(start, end) as Uint8Array<ArrayBuffer>;
  return c.body(part, range ? 206 : 200, {
    ...headers,
    'Content-Length': String(part.length),
    ...(range && { 'Content-Range': contentRange(range, bytes.length) }),
  });
}

function partOf(c: Context<EdgeEnv>, size: number) {
  // RFC 9110, 15.5.17: the answer 416 names the size.
  c.header('Content-Range', `bytes */${size}`);
  const range = byteRange(c.req.header('Range'), size);
  c.header('Content-Range', undefined);
  return range;
}

/** True without the header. A weak tag never matches, nor does a date, since files have none. */
const isSame = (ifRange: string | undefined, etag: string): boolean => ifRange === undefined || ifRange === etag;

/** Names the file for browsers and `curl -OJ` (RFC 6266), other characters percent-encoded beside an ASCII form. */
function dispositionOf(name: string): string {
  const ascii = name.replace(/[^\w.-]/g, '_');
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${ascii}"${ascii === name ? '' : `; filename*=UTF-8''${encoded}`}`;
}
