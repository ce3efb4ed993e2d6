/** Tags that name an answer (RFC 9110, 8.8.3), known before it is computed because the question decides it. */
import { sha256Hex } from '../../core/digest.ts';

/** Weak: the times in an answer that is computed again differ. */
export async function entityTag(question: readonly unknown[]): Promise<string> {
  const digest = await sha256Hex(new TextEncoder().encode(JSON.stringify(question)));
  return `W/"${digest.slice(0, 32)}"`;
}

/** Whether an `If-None-Match` header names the tag, weakly compared. `*` says nothing about which answer it was. */
export function matchesTag(header: string | undefined, tag: string): boolean {
  return (header ?? '').match(/"[^"]*"/g)?.includes(tag.replace(/^W\//, '')) ?? false;
}
