import { readFile } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import { parseManifest } from '../../../src/core/model/manifest.ts';
import { Model } from '../../../src/core/model/model.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { imageInput } from '../../../src/edge/explain/image-input.ts';
import { nodeCodecs } from '../../../src/node/codecs.ts';

const photo = new Uint8Array(await readFile('examples/photos/coffee.jpg'));

async function modelOf(side: number): Promise<Model> {
  const g = GraphBuilder.empty('model');
  const x = g.input('input', 'float32', ['N', 3, side, side]);
  const bytes = write(g.build([g.named(g.op('GlobalAveragePool', [x]), 'scores')])).graph;
  const preprocessing = { size: [side, side], resize: { mode: 'shortest_side' } };
  return Model.read({ bytes, manifest: parseManifest({ name: 'model', preprocessing }) });
}

async function opened(side: number, drawn?: number) {
  const codecs = nodeCodecs();
  const read = vi.spyOn(codecs, 'read');
  return { input: imageInput(photo, await modelOf(side), codecs, { maxPixels: 1e6, ...(drawn && { drawn }) }), read };
}

describe('imageInput', () => {
  it.each([16, 224])('makes the same tensor of %i pixels with a drawing and without', async (side) => {
    const [drawn, alone] = [await opened(side, 300), await opened(side)];
    expect(await drawn.input.inputs()).toEqual(await alone.input.inputs());
  });

  it('decodes once for a model and a drawing of the same pixels', async () => {
    const { input, read } = await opened(224, 1024);
    await input.inputs();
    expect((await input.image())?.image).toMatchObject({ width: 600, height: 400 });
    await input.seen();
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('decodes at full detail for a drawing when the model needs less', async () => {
    const { input, read } = await opened(16, 1024);
    expect((await input.seen())?.image).toMatchObject({ width: 150, original: { width: 600, height: 400 } });
    expect((await input.image())?.image).toMatchObject({ width: 600, height: 400 });
    expect(read).toHaveBeenCalledTimes(2);
  });

  it('keeps no more pixels than the drawing shows', async () => {
    const { input } = await opened(224, 150);
    await input.inputs();
    expect(await input.image()).toMatchObject({
      image: { width: 150, height: 100, original: { width: 600, height: 400 } },
      placement: { x: 25, y: 0, width: 100, height: 100 },
    });
  });
});
