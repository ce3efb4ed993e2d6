/** Content negotiation (RFC 9110, 12.5.1). */
import { parseAccept } from 'hono/utils/accept';
import { WhylightError } from '../../core/errors.ts';

/**
 * Chooses the representation that the client prefers.
 * @param header the `Accept` header; without one everything is accepted
 * @param offered media types that can be made, the preferred one first: the order decides between equals
 * @throws WhylightError `not_acceptable` when the client takes none of them.
 */
export function negotiate<T extends string>(header: string | undefined, offered: readonly T[]): T {
  const ranges = header?.trim() ? parseAccept(header) : [{ type: '*/*', q: 1, params: {} }];
  let best: T | undefined;
  let quality = 0;
  for (const type of offered) {
    const q = qualityOf(type, ranges);
    if (q <= quality) continue;
    best = type;
    quality = q;
  }
  if (best !== undefined) return best;
  throw new WhylightError(
    'not_acceptable',
    `Accept: ${header} names no media type that can be produced here: ask for ${offered.join(' or ')}.`,
    {
      allowed: offered,
    },
  );
}

/** Quality of a type. The most specific range that covers it decides: `image/png;q=0` refuses it even beside `image/*`. */
function qualityOf(type: string, ranges: readonly { type: string; q: number }[]): number {
  const [main] = type.split('/');
  for (const wanted of [type, `${main}/*`, '*/*', '*']) {
    const matching = ranges.filter((range) => range.type.toLowerCase() === wanted);
    if (matching.length > 0) return Math.max(...matching.map(({ q }) => q));
  }
  return 0;
}
