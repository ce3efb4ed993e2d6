/** A method whose values are the first byte of its file. */
import { float32 } from '../../src/package/plugin.ts';
import { method } from './trial-method.ts';

export const fileMethod = method({
  id: 'file_method',
  setup: async ({ file }) => ({ data: (await file('factor'))[0] }),
  cost: () => ({ forwards: 0, backwards: 0 }),
  explain: async ({ data, inputs }) => ({
    values: { input: float32(inputs.input?.dims ?? [], Array(3072).fill(data)) },
  }),
});
