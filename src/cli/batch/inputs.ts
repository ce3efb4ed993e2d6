/** Inputs of a batch: files, folders, patterns, lists, addresses and buckets. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { extname, relative, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PASSING_CODES, WhylightError } from '../../core/errors.ts';
import { readBytes } from '../../node/files.ts';
import { bucketPlace, isBucket } from '../../node/s3-bucket.ts';
import { reasonOf, systemErrorText } from '../../node/system-errors.ts';
import { chunksOf } from '../../protocol/frames.ts';
import { openBucket } from '../bucket-flag.ts';
import { expandPaths } from '../expand-paths.ts';

/** One input. */
export interface BatchInput {
  /** Path inside the folder or the bucket, or the path or address as it was given. */
  readonly name: string;
  /** Lower case, without the dot. */
  readonly extension: string;
  /** Stands for the content: an input whose stamp has changed is another one. @throws WhylightError `not_found` */
  stamp(): Promise<string>;
  /** @throws WhylightError `not_found` for what cannot be read, `payload_too_large` */
  read(): Promise<Uint8Array>;
}

/** Media types of files by extension, as the HTTP API takes them. */
export const MEDIA_TYPES: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  txt: 'text/plain',
  csv: 'text/csv',
  wav: 'audio/wav',
  npy: 'application/x-npy',
  json: 'application/json',
};

/** Maximum number of times that an address is fetched, and milliseconds between two of them. */
const ATTEMPTS = 3;
const WAIT_MS = 500;
/** Maximum milliseconds until an address has answered. */
const ANSWER_MS = 30_000;
/** Maximum bytes of an input that is fetched from an address. */
const MAX_FETCHED = 64 * 2 ** 20;

/**
 * Lists the inputs, each name once.
 * @param given files, folders, patterns, addresses (http, https), buckets (s3) and lists (@file, one of these a line)
 * @throws WhylightError `not_found` without any
 */
export async function batchInputs(given: readonly string[], endpoint: string | undefined): Promise<BatchInput[]> {
  const lists = await Promise.all(given.map((one) => (one.startsWith('@') ? linesOf(one.slice(1)) : [one])));
  const found: BatchInput[] = [];
  for (const place of lists.flat()) found.push(...(await inputsAt(place, endpoint)));
  const byName = new Map(found.map((input) => [input.name, readable(input)]));
  if (byName.size > 0) return [...byName.values()];
  throw new WhylightError('not_found', `There is nothing to explain in ${given.join(', ')}.`);
}

/**
 * Makes failures to read an input failures of that input alone: codes such as `origin_error` speak of the deployment, and
 * would stop the batch.
 */
function readable(input: BatchInput): BatchInput {
  const tried = <T>(read: () => Promise<T>) =>
    read().catch((cause: unknown) => {
      if (WhylightError.is(cause) && !PASSING_CODES.has(cause.code)) throw cause;
      const reason = systemErrorText(cause) ?? `${reasonOf(cause)}.`;
      throw new WhylightError('not_found', `${input.name} cannot be read: ${reason}`, { name: input.name }, { cause });
    });
  return { ...input, stamp: () => tried(input.stamp), read: () => tried(input.read) };
}

async function linesOf(path: string): Promise<string[]> {
  const text = (await readBytes(path, 'list of inputs')).toString('utf8');
  return text.split('\n').flatMap((line) => line.trim() || []);
}

async function inputsAt(place: string, endpoint: string | undefined): Promise<BatchInput[]> {
  if (/^https?:\/\//.test(place)) return [remoteInput(place)];
  if (isBucket(place)) return bucketInputs(place, endpoint);
  const root = (await stat(place).catch(() => undefined))?.isDirectory() ? place : undefined;
  const paths = await expandPaths([place], Object.keys(MEDIA_TYPES));
  return paths.map((path) => fileInput(path, root === undefined ? path : relative(root, path).split(sep).join('/')));
}

const extensionOf = (name: string): string =>
  extname(name.split('?')[0] ?? '')
    .slice(1)
    .toLowerCase();

function fileInput(path: string, name: string): BatchInput {
  return {
    name,
    extension: extensionOf(path),
    stamp: async () => digestOf(await readFile(path)),
    read: () => readBytes(path, 'file'),
  };
}

function remoteInput(address: string): BatchInput {
  return {
    name: address,
    extension: extensionOf(address),
    // Fetching all of them to find out what has changed would take as long as the run.
    stamp: async () => digestOf(Buffer.from(address)),
    read: () => fetched(address),
  };
}

/** Fetches an address, a few times where the network fails, in the middle of the body as well. */
async function fetched(address: string): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await fetch(address, { signal: AbortSignal.timeout(ANSWER_MS) });
      if (answer.ok) return await bodyOf(answer, address);
      await answer.body?.cancel();
      throw new WhylightError('not_found', `${address} answered ${answer.status}.`, { address });
    } catch (error) {
      if (WhylightError.is(error) || attempt === ATTEMPTS) throw error;
    }
    await sleep(WAIT_MS * attempt);
  }
}

/** Reads a body without holding more of it than an input may have. */
async function bodyOf({ body }: Response, address: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ? chunksOf(body) : []) {
    size += chunk.byteLength;
    if (size > MAX_FETCHED) {
      throw new WhylightError('payload_too_large', `${address} has more than ${MAX_FETCHED} bytes.`, { address });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function bucketInputs(place: string, endpoint: string | undefined): Promise<BatchInput[]> {
  const { bucket: name, prefix } = bucketPlace(place);
  const bucket = openBucket(name, endpoint);
  const found: BatchInput[] = [];
  for await (const { key, etag } of bucket.objects(prefix)) {
    const extension = extensionOf(key);
    if (!Object.hasOwn(MEDIA_TYPES, extension)) continue;
    found.push({
      name: key,
      extension,
      stamp: async () => digestOf(Buffer.from(etag)),
      async read() {
        const bytes = await bucket.read(key);
        if (bytes) return bytes;
        throw new WhylightError('not_found', `The object ${key} is no longer in the bucket ${name}.`, { key });
      },
    });
  }
  return found;
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16);
