/** Reader of NumPy's `.npz` files: several arrays by name. */
import { WhylightError } from '../../core/errors.ts';
import type { Tensor } from '../../core/tensor/tensor.ts';
import { readNpy } from './npy.ts';
import { invalidArray } from './npy-header.ts';
import { readZipDirectory, readZipEntry } from './zip.ts';

export interface NpzOptions {
  /** Name of the file, for messages. */
  readonly name?: string;
  /** Upper bound of the arrays' bytes, all together. */
  readonly maxBytes?: number;
}

const MAX_BYTES = 256 * 2 ** 20;

/**
 * Arrays of a `.npz` file by name, in the file's order. Sizes are checked before anything is inflated.
 * @throws WhylightError `invalid_tensor` when the file is damaged or holds no arrays, `payload_too_large` above
 *   `maxBytes`.
 * @example
 * const inputs = await readNpz(await readFile('inputs.npz'));
 * inputs.get('input_ids')?.dims;
 */
export async function readNpz(
  bytes: Uint8Array,
  { name = 'the archive', maxBytes = MAX_BYTES }: NpzOptions = {},
): Promise<Map<string, Tensor>> {
  const entries = readZipDirectory(bytes, name).filter((entry) => !entry.name.endsWith('/'));
  if (entries.length === 0) throw invalidArray(`${name} holds no arrays.`, { name });
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  if (total > maxBytes) {
    throw new WhylightError(
      'payload_too_large',
      `The arrays of ${name} take ${total} bytes: at most ${maxBytes} are read.`,
      { name, bytes: total, max: maxBytes },
    );
  }
  const arrays = new Map<string, Tensor>();
  for (const entry of entries) {
    const array = readNpy(await readZipEntry(entry), `"${entry.name}" of ${name}`);
    arrays.set(entry.name.replace(/\.npy$/, ''), array);
  }
  return arrays;
}
