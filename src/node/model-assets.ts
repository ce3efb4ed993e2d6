/** Folders of models among the static assets of a Worker, which can list no folder. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJson } from '../core/json.ts';
import { modelDigest } from '../core/model/model-source.ts';
import { read } from '../core/onnx/read.ts';
import { DIGEST_FILE } from '../edge/models/assets.ts';
import { openFolder } from './model-folders.ts';

/**
 * Completes a folder that was copied to the assets: writes the digest of the model, and states its external data in the
 * manifest, which may leave it out where files can be looked for.
 * @param folder copy of the model's folder, which is changed
 * @throws WhylightError `invalid_config` for a missing file, `invalid_model` for a graph that cannot be read
 *
 * @example
 * await completeModelAssets('.whylight/assets/my-net');
 */
export async function completeModelAssets(folder: string): Promise<void> {
  const source = await openFolder(folder, folder);
  // The graph asks for the files that hold its constants.
  read(source.bytes, { external: (path) => source.external?.get(path) });
  const external = [...(source.external?.keys() ?? [])];
  if (external.length > 0 && !source.manifest?.external?.length) {
    const path = join(folder, 'manifest.json');
    const manifest = parseJson(await readFile(path, 'utf8'), path) as object;
    await writeFile(path, `${JSON.stringify({ ...manifest, external }, null, 2)}\n`);
  }
  await writeFile(join(folder, DIGEST_FILE), await modelDigest(source));
}
