/** From the arguments of a command to the rows that it explains. */
import { extname } from 'node:path';
import { WhylightError } from '../core/errors.ts';
import { extensionsOf, fileSubjects, type Readers, tensorSubjects, textSubjects } from '../library/file-subjects.ts';
import type { OpenedModel } from '../library/opened-model.ts';
import type { Subject } from '../library/subject.ts';
import { nodeCodecs } from '../node/codecs.ts';
import { readBytes } from '../node/files.ts';
import { UsageError } from './arguments.ts';
import { MODALITIES } from './compose.ts';
import { expandPaths } from './expand-paths.ts';
import { positional, textFlag } from './flags.ts';
import { readNamedTensors } from './named-tensors.ts';

/** Parts of the command line that read inputs. */
export const READERS: Readers = { modalities: MODALITIES, codecs: nodeCodecs() };

export const INPUT_ARGS = {
  file: positional('Files, folders or patterns such as "*.jpg"; - reads standard input', { required: false }),
  text: textFlag('A text to explain, in place of a file', { valueHint: 'text' }),
  'text-pair': textFlag('Second text of a pair, with --text', { valueHint: 'text' }),
  input: textFlag('An input as a tensor (.npy, .json, .bin); several with commas between: a=x.npy,b=y.npy', {
    valueHint: 'name=file',
  }),
} as const;

export interface InputFlags {
  readonly text?: string;
  readonly 'text-pair'?: string;
  readonly input?: string;
}

/** Name of standard input among files. */
const STDIN = '-';

/**
 * @param paths files, folders and patterns, as they were given
 * @throws UsageError without any input, or with two kinds of it
 * @throws WhylightError `not_found`, `unsupported_media_type`, and what the modality says of the content
 */
export async function readSubjects(
  opened: OpenedModel,
  flags: InputFlags,
  paths: readonly string[],
): Promise<Subject[]> {
  const { text, 'text-pair': pair, input } = flags;
  const kinds = [text !== undefined, input !== undefined, paths.length > 0].filter(Boolean).length;
  if (kinds !== 1) {
    throw new UsageError(
      kinds === 0
        ? 'Nothing to explain: give a file, - for standard input, --text "..." or --input name=file.'
        : 'Give files, --text or --input, not several of them.',
    );
  }
  if (pair !== undefined && text === undefined) throw new UsageError('--text-pair goes with --text.');
  if (text !== undefined) return textSubjects(opened, text, pair, READERS);
  if (input !== undefined) {
    const { context } = await MODALITIES.use(opened, 'tensor');
    return tensorSubjects(opened, await readNamedTensors(input, context), READERS);
  }
  const files = await expandPaths(paths, await extensionsOf(opened, MODALITIES));
  const read = await Promise.all(files.map((file) => readFileSubjects(opened, file)));
  return read.flat();
}

async function readFileSubjects(opened: OpenedModel, path: string): Promise<Subject[]> {
  const bytes = path === STDIN ? await readStdin() : await readBytes(path, 'file');
  const extension = path === STDIN ? '' : extname(path).slice(1).toLowerCase();
  return fileSubjects(opened, { name: path, extension, bytes }, READERS);
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
  const bytes = Buffer.concat(chunks);
  if (bytes.length === 0) throw new WhylightError('invalid_request', 'Standard input is empty: pipe a file into it.');
  return bytes;
}
