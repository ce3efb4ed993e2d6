import jpeg from '@cwasm/jpeg-turbo/jpeg-turbo.wasm';
import { describe, expect, it } from 'vitest';
import { jpegCodec } from '../../../src/core/image/codecs/jpeg.ts';
import { sniff } from '../../../src/core/image/sniff.ts';
import { parseManifest } from '../../../src/core/model/manifest.ts';
import { Model } from '../../../src/core/model/model.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { imageInput } from '../../../src/edge/explain/image-input.ts';
import { edgeCodecs } from '../../../src/edge/workerd/codecs.ts';
import { flatJpeg } from '../../support/flat-jpeg.ts';

const MIB = 2 ** 20;

async function modelOf(side: number): Promise<Model> {
  const g = GraphBuilder.empty('model');
  const x = g.input('input', 'float32', ['N', 3, side, side]);
  const bytes = write(g.build([g.named(g.op('GlobalAveragePool', [x]), 'scores')])).graph;
  return Model.read({ bytes, manifest: parseManifest({ name: 'model', preprocessing: { size: [side, side] } }) });
}

describe('memory of large photos', () => {
  it.each([
    ['12 megapixels', { width: 4032, height: 3024 }, 2, 16],
    ['48 megapixels', { width: 8064, height: 6048 }, 4, 16],
    ['12 megapixels, progressive', { width: 4032, height: 3024, progressive: true }, 2, 40],
  ] as const)('is at most that of the reduced pixels in the decoder: %s', (_, photo, reduction, limit) => {
    const bytes = flatJpeg(photo);
    const codec = jpegCodec(jpeg);
    const { image, release } = codec.decode(bytes, sniff(bytes), reduction);
    expect(image).toMatchObject({ width: 2016, height: 1512 });
    expect([...image.data.subarray(-4)]).toEqual([128, 128, 128, 255]);
    release?.();
    expect(codec.memory()).toBeLessThan(limit * MIB);
  });

  it.each([32, 224])('is that of a drawing in what an answer keeps, turned upright (model of %i)', async (side) => {
    const photo = flatJpeg({ width: 4032, height: 3024, orientation: 6 });
    const input = imageInput(photo, await modelOf(side), edgeCodecs(), { maxPixels: 64e6, drawn: 1024 });
    expect(Object.values(await input.inputs()).map(({ dims }) => dims)).toEqual([[1, 3, side, side]]);
    const { image } = await input.image();
    expect(image).toMatchObject({ width: 768, height: 1024, original: { width: 3024, height: 4032 } });
    expect(image.data.buffer.byteLength).toBe(768 * 1024 * 4);
  });
});
