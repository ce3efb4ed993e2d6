/** Files of a local model as the body of an upload: a JSON part that lists them, then their bytes. */

import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { WhylightError } from '../../core/errors.ts';
import type { Manifest } from '../../core/model/manifest.ts';
import { readOpened } from '../../library/opened-model.ts';
import { openFolder, readBytes, sizeOfFile } from '../../node/files.ts';
import { FilesBeside } from '../../node/files-beside.ts';
import { type EmbeddedModels, locateModel } from '../../node/model-location.ts';
import { HEADER_LENGTH } from '../../protocol/open-inference.ts';
import { TASKS } from '../compose.ts';
import type { DeploymentRequest } from './client.ts';

export interface UploadedFile {
  /** Name in the upload. */
  readonly path: string;
  readonly size: number;
  /** Path on this machine, or the bytes. */
  readonly source: string | Uint8Array;
}

export interface ModelUpload {
  readonly manifest: Partial<Manifest>;
  /** The ONNX file comes first. */
  readonly files: readonly UploadedFile[];
}

/** Files beside a model that its modality or its description reads. */
const BESIDE =
  /^(tokenizer.*\.json|vocab\.(txt|json)|config\.json|preprocessor_config\.json|special_tokens_map\.json)$/;

/**
 * Collects the files of a model, which is opened first: a file that is no model is refused before anything is sent.
 * @param path ONNX file, manifest, folder, or name of an embedded model
 * @throws WhylightError `model_not_found`, `invalid_model`, `invalid_config`
 */
export async function modelUpload(path: string, embedded: EmbeddedModels): Promise<ModelUpload> {
  const { file, manifest, folder } = await locateModel(path, embedded);
  const external = new FilesBeside(dirname(file));
  const name = manifest.name ?? 'model';
  const bytes = await readBytes(file, 'model');
  await readOpened({ bytes, manifest: { name, ...manifest }, external, files: openFolder(folder), forms: TASKS.forms });
  const parts = [...external.keys()];
  const labels = typeof manifest.labels === 'string' ? [manifest.labels] : [];
  const beside = (await readdir(folder)).filter((one) => BESIDE.test(one) || isNamed(manifest, one));
  const others = [...new Set([...labels, ...beside])].filter((one) => !['manifest.json', basename(file)].includes(one));
  const sources = [file, ...parts.map((part) => join(dirname(file), part)), ...others.map((one) => join(folder, one))];
  const names = [basename(file), ...parts, ...others];
  const files = await Promise.all(
    sources.map(async (source, i) => ({ path: names[i] as string, source, size: await sizeOfFile(source) })),
  );
  return { manifest: { ...manifest, file: basename(file), external: parts }, files };
}

/** Tells if the settings of a modality name a file. */
const isNamed = ({ modalities = {} }: Partial<Manifest>, file: string): boolean =>
  JSON.stringify(modalities).includes(JSON.stringify(file));

/**
 * Makes the request of an upload, whose body reads the files as it is sent.
 * @param sent told the bytes that have been read so far
 */
export function uploadRequest(
  { manifest, files }: ModelUpload,
  sent: (bytes: number) => void = () => undefined,
): DeploymentRequest {
  const list = files.map(({ path, size }) => ({ path, binary_data_size: size }));
  const head = new TextEncoder().encode(JSON.stringify({ manifest, files: list }));
  async function* chunks(): AsyncGenerator<Uint8Array> {
    let total = 0;
    yield head;
    for (const { source, size, path } of files) {
      let read = 0;
      for await (const chunk of typeof source === 'string' ? createReadStream(source) : [source]) {
        read += chunk.length;
        total += chunk.length;
        yield chunk;
        sent(total);
      }
      if (read !== size)
        throw new WhylightError('invalid_request', `The file ${path} changed while it was sent.`, { path });
    }
  }
  return {
    method: 'PUT',
    headers: { 'Content-Type': 'application/octet-stream', [HEADER_LENGTH]: String(head.length) },
    body: () => Readable.toWeb(Readable.from(chunks())) as ReadableStream,
  };
}
