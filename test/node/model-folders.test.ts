import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { folderModels } from '../../src/node/model-folders.ts';

const folder = mkdtempSync(join(tmpdir(), 'whylight-models-'));
beforeAll(() => copyFileSync('models/cifar10/model.onnx', join(folder, 'small.onnx')));
afterAll(() => rmSync(folder, { recursive: true }));

it('folderModels opens an ONNX file without a manifest under its name', async () => {
  const store = folderModels({ small: join(folder, 'small.onnx') });
  const { manifest, bytes } = await store.open('small');
  expect(manifest).toMatchObject({ name: 'small', file: 'small.onnx' });
  expect(bytes.length).toBeGreaterThan(0);
});

it('folderModels reads the manifest beside an ONNX file', async () => {
  const manifest = { name: 'small', file: 'small.onnx', description: 'A test.' };
  writeFileSync(join(folder, 'small.manifest.json'), JSON.stringify(manifest));
  const source = await folderModels({ small: join(folder, 'small.onnx') }).open('small');
  expect(source.manifest).toMatchObject(manifest);
});

it('folderModels fails with invalid_config for a missing ONNX file', async () => {
  const store = folderModels({ lost: join(folder, 'lost.onnx') });
  await expect(store.open('lost')).rejects.toMatchObject({ code: 'invalid_config' });
});
