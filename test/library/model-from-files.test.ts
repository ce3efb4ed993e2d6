import { describe, expect, it } from 'vitest';
import { modelFromFiles } from '../../src/library/model-from-files.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const filesOf = (files: Readonly<Record<string, string>>) =>
  modelFromFiles(new Map(Object.entries(files).map(([path, text]) => [path, bytes(text)])));

describe('a model among files in memory', () => {
  it('is the one that the manifest names, with its labels and external data', async () => {
    const manifest = JSON.stringify({ name: 'cats', file: 'net/cats.onnx', labels: 'names.txt', external: ['w.bin'] });
    const found = await filesOf({
      'folder/manifest.json': manifest,
      'folder/net/cats.onnx': 'graph',
      'folder/net/w.bin': 'weights',
      'folder/names.txt': 'tabby\nsiamese\n',
    });
    expect(found.manifest.name).toBe('cats');
    expect(found.labels).toEqual(['tabby', 'siamese']);
    expect(found.bytes).toEqual(bytes('graph'));
    expect([...(found.external?.keys() ?? [])]).toEqual(['w.bin']);
    expect(await found.files.read('names.txt')).toEqual(bytes('tabby\nsiamese\n'));
  });

  it('takes the name of the folder, and its files by paths inside it', async () => {
    const found = await filesOf({ 'reviews/onnx/model.onnx': 'graph', 'reviews/config.json': '{}' });
    expect(found.manifest.name).toBe('reviews');
    expect(await found.files.read('config.json')).toEqual(bytes('{}'));
  });

  it.each(['labels.txt', 'imagenet_classes.txt', 'my-class-names.txt', 'synset.txt'])(
    'takes the class names from %s, and says so',
    async (name) => {
      const found = await filesOf({ 'net.onnx': 'graph', [name]: 'cat\ndog' });
      expect(found.labels).toEqual(['cat', 'dog']);
      expect(found.notices).toEqual([`The class names are those of ${name}.`]);
    },
  );

  it('leaves a text file alone whose name does not say that it holds class names', async () => {
    const found = await filesOf({ 'net.onnx': 'graph', 'requirements.txt': 'torch' });
    expect(found.labels).toBeUndefined();
  });

  it('says which file the manifest names that is not there', async () => {
    const manifest = JSON.stringify({ name: 'cats', file: 'cats.onnx' });
    await expect(filesOf({ 'manifest.json': manifest, 'dogs.onnx': 'graph' })).rejects.toMatchObject({
      code: 'model_not_found',
      message: 'The manifest names the file cats.onnx, which is not there. Add it.',
    });
  });

  it('refuses files without an ONNX file', async () => {
    await expect(filesOf({ 'labels.txt': 'cat' })).rejects.toMatchObject({ code: 'model_not_found' });
  });
});
