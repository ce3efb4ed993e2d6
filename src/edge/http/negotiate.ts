/** Which of the representations that we have the client likes best (RFC 9110, 12.5.1). */
import { parseAccept } from 'hono/utils/accept';
import { WhylightError } from '../../core/errors.ts';

/**
 * @param header the `Accept` header; anything will do when there is none
 * @param offered media types that can be made, ours best first: the order decides between equals
 * @throws WhylightError `not_acceptable` when the client takes none of them.
 */
export function negotiate<T extends string>(header: string | undefined, offered: readonly T[]): T {
  const ranges = header?.trim() ? parseAccept(header) : [{ type: '*/*', q: 1, params: {} }];
  let [best, quality] = [undefined as T | undefined, 0];
  for (const type of offered) {
    const q = qualityOf(type, ranges);
    if (q > quality) [best, quality] = [type, q];
  }
  if (best !== undefined) return best;
  throw new WhylightError(
    'not_acceptable',
    `Accept: ${header} names nothing that can be made: ask for ${offered.join(' or ')}.`,
    {
      allowed: offered,
    },
  );
}

/** The most specific range that covers the type decides: `image/png;q=0` is a refusal even beside `image/*`. */
function qualityOf(type: string, ranges: readonly { type: string; q: number }[]): number {
  const [main] = type.split('/');
  for (const wanted of [type, `${main}/*`, '*/*', '*']) {
    const matching = ranges.filter((range) => range.type.toLowerCase() === wanted);
    if (matching.length > 0) return Math.max(...matching.map(({ q }) => q));
  }
  return 0;
}
