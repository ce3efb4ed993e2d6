/** Entity tags of answers (RFC 9110, 8.8.3), made from the request, before the answer is computed. */
import { sha256Hex } from '../../core/digest.ts';

/** Makes a weak tag: an answer that is computed again has other timings. */
export async function entityTag(parts: readonly unknown[]): Promise<string> {
  const digest = await sha256Hex(new TextEncoder().encode(JSON.stringify(parts)));
  return `W/"${digest.slice(0, 32)}"`;
}

/** Returns true if an `If-None-Match` header names the tag, weakly compared. `*` matches nothing, as it names no answer. */
export function matchesTag(header: string | undefined, tag: string): boolean {
  return (header ?? '').match(/"[^"]*"/g)?.includes(tag.replace(/^W\//, '')) ?? false;
}
