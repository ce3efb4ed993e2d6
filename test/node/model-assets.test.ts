import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Model } from '../../src/core/model/model.ts';
import { readModelFolder } from '../../src/edge/models/folder.ts';
import { completeModelAssets } from '../../src/node/model-assets.ts';
import { folderModels } from '../../src/node/model-folders.ts';
import { denseModel } from '../support/tiny-models.ts';

const root = mkdtempSync(join(tmpdir(), 'whylight-assets-'));
afterAll(() => rmSync(root, { recursive: true }));

const { graph, external = [] } = denseModel(16);
const [weights] = external as [{ path: string; data: Uint8Array }];

/** Writes the folder of a model with external data. */
function makeFolder(name: string, entries: object = {}, files = [weights]): string {
  const folder = join(root, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'model.onnx'), graph);
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ name, ...entries }));
  for (const { path, data } of files) writeFileSync(join(folder, path), data);
  return folder;
}

const manifestIn = (folder: string): object => JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));

describe('external data that the manifest does not name', () => {
  it('is read from the folder of the model', async () => {
    const store = folderModels({ dense: makeFolder('dense') });
    const model = await Model.read(await store.open('dense'));
    expect(model.graph.constants.size).toBe(2);
  });

  it('is stated among the assets, so that a reader that lists no folder finds it', async () => {
    const folder = makeFolder('copied', { description: 'Dense.' });
    await completeModelAssets(folder);
    expect(manifestIn(folder)).toEqual({ name: 'copied', description: 'Dense.', external: [weights.path] });
    const read = async (path: string) =>
      existsSync(join(folder, path)) ? new Uint8Array(readFileSync(join(folder, path))) : undefined;
    const source = await readModelFolder(read, folder);
    const { digest } = await Model.read(source);
    expect(readFileSync(join(folder, 'model.sha256'), 'utf8')).toBe(digest);
  });

  it('fails with invalid_model at the build where it is missing', async () => {
    await expect(completeModelAssets(makeFolder('lost', {}, []))).rejects.toMatchObject({ code: 'invalid_model' });
  });
});

it('completeModelAssets leaves a manifest that names its external data as it is', async () => {
  const folder = makeFolder('named', { external: [weights.path] });
  await completeModelAssets(folder);
  expect(manifestIn(folder)).toEqual({ name: 'named', external: [weights.path] });
});
