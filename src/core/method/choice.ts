import * as z from 'zod';

/**
 * Parameter that is one of several words.
 * @param values the words
 * @param usual the one that counts when the parameter is left out
 * @param description what the parameter sets, for `GET /v2/methods` and the help
 *
 * @example
 * import { choice } from 'whylight/plugin';
 * const params = z.object({ border: choice(['zero', 'mirror'], 'zero', 'What lies beyond the edges.') });
 */
export const choice = <const V extends readonly [string, ...string[]], const D extends V[number]>(
  values: V,
  usual: D,
  description: string,
) =>
  z
    .enum(values)
    .default(usual as never)
    .describe(description);
