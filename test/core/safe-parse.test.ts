import { expect, it } from 'vitest';
import * as z from 'zod';
import { safeParse } from '../../src/core/safe-parse.ts';

const schema = z.strictObject({ names: z.array(z.string().min(1)) });

it('safeParse answers as the schema does', () => {
  expect(safeParse(schema, { names: ['a'] })).toMatchObject({ success: true, data: { names: ['a'] } });
  expect(safeParse(schema, { names: [''] }).error?.issues[0]?.path).toEqual(['names', 0]);
});

it('safeParse refuses an object whose length has no primitive value, at which the schema throws', () => {
  const value = { names: [{ length: { toString: null } }] };
  expect(() => schema.safeParse(value)).toThrow(TypeError);
  const { success, error } = safeParse(schema, value);
  expect([success, error?.issues[0]?.message]).toEqual([
    false,
    'It holds an object where text, a number or a list was expected.',
  ]);
});
