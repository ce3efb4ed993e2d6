/** Tensors from `--input name=file,name=file`. */
import { extname } from 'node:path';
import { mediaTypeOf } from '../core/modality/media-type.ts';
import type { ModalityContext } from '../core/modality/modality.ts';
import type { NamedTensors } from '../modalities/tensor/decode.ts';
import { decodeTensors } from '../modalities/tensor/decode.ts';
import { readBytes } from '../node/files.ts';
import { UsageError } from './arguments.ts';

/**
 * @throws UsageError for a part that is no `name=file`
 * @throws WhylightError `not_found`, and what is wrong with a file
 */
export async function readNamedTensors(flag: string, { inputs }: ModalityContext): Promise<NamedTensors> {
  const parts = flag.split(',').map((part) => {
    const at = part.indexOf('=');
    if (at < 1) throw new UsageError(`--input takes name=file, not "${part}".`);
    return { name: part.slice(0, at), file: part.slice(at + 1) };
  });
  const named = await Promise.all(
    parts.map(async ({ name, file }) => {
      const bytes = await readBytes(file, `input ${name}`);
      const own = inputs.filter((input) => input.name === name);
      const type = mediaTypeOf(extname(file).slice(1).toLowerCase(), bytes, ['application/octet-stream']);
      const tensors = await decodeTensors(bytes, type, own.length > 0 ? own : inputs);
      return [...tensors].map(([inner, tensor]) => [inner === '' ? name : inner, tensor] as const);
    }),
  );
  return new Map(named.flat());
}
