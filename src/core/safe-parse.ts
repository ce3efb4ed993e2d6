/** Check of a value from outside against a schema. */
import * as z from 'zod';

/**
 * Parses as `schema.safeParse` does, and refuses what its own checks cannot look at: zod 4 compares the member `length` of
 * whatever it finds, and throws a TypeError where that is an object that has no primitive value.
 */
export function safeParse<S extends z.ZodType>(schema: S, value: unknown): z.ZodSafeParseResult<z.output<S>> {
  try {
    return schema.safeParse(value);
  } catch (cause) {
    if (!(cause instanceof TypeError || cause instanceof RangeError)) throw cause;
    const message = 'It holds an object where text, a number or a list was expected.';
    const error = new z.ZodError([{ code: 'custom', path: [], message, input: value }]);
    return { success: false, error: error as z.ZodError<z.output<S>> };
  }
}
