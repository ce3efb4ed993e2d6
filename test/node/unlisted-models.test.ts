import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { unlistedModels } from '../../src/node/unlisted-models.ts';

const root = mkdtempSync(join(tmpdir(), 'whylight-unlisted-'));
afterAll(() => rmSync(root, { recursive: true }));
for (const [folder, file] of [
  ['listed', 'model.onnx'],
  ['forgotten', 'net.onnx'],
  ['notes', 'README.md'],
] as const) {
  mkdirSync(join(root, 'models', folder), { recursive: true });
  writeFileSync(join(root, 'models', folder, file), '');
}

describe('unlistedModels', () => {
  it.each(['models/listed', './models/listed', './models/listed/'])(
    'names the folder with a model that is not listed beside %s, and the entry to add',
    async (listed) => {
      expect(await unlistedModels(root, { listed })).toEqual([
        expect.stringMatching(/^models\/forgotten is not served.*"forgotten": "\.\/models\/forgotten"/),
      ]);
    },
  );

  it('says nothing about a project without a folder of models', async () => {
    expect(await unlistedModels(join(root, 'models'), {})).toEqual([]);
  });
});
