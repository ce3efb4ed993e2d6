import jpeg from '@cwasm/jpeg-turbo/jpeg-turbo.wasm';
import { describe, expect, it } from 'vitest';
import { jpegCodec } from '../../../src/core/image/codecs/jpeg.ts';
import { sniff } from '../../../src/core/image/sniff.ts';
import { parseManifest } from '../../../src/core/model/manifest.ts';
import { Model } from '../../../src/core/model/model.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { imageInput } from '../../../src/edge/explain/image-input.ts';
import { edgeCodecs } from '../../../src/edge/workerd/codecs/all.ts';
import { decodeMemoryBeside } from '../../../src/edge/workerd/decode-memory.ts';
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
    ['12 megapixels, progressive', { width: 4032, height: 3024, progressive: true }, 2, 16],
    ['48 megapixels, progressive', { width: 8064, height: 6048, progressive: true }, 4, 16],
  ] as const)('is at most that of the reduced pixels in the decoder: %s', async (_, photo, reduction, limit) => {
    const bytes = flatJpeg(photo);
    const codec = jpegCodec(jpeg);
    const header = sniff(bytes);
    const file = await codec.prepare?.(bytes, header);
    const { image, release } = codec.decode(file ?? bytes, header, reduction);
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

describe('memory for decoding beside a model', () => {
  /** A model with so many MiB of weights. */
  async function weighing(mib: number): Promise<Model> {
    const g = GraphBuilder.empty('model');
    const x = g.input('input', 'float32', ['N', 3, 224, 224]);
    const means = g.op('GlobalAveragePool', [x]);
    const channels = Math.floor((mib * MIB) / 12);
    const kernel = g.constant('float32', [channels, 3, 1, 1], new Float32Array(3 * channels));
    const bytes = write(g.build([g.named(g.op('Conv', [means, kernel]), 'scores')])).graph;
    return Model.read({ bytes, manifest: parseManifest({ name: 'model', preprocessing: { size: [224, 224] } }) });
  }

  /** Start of a WebP file of this size. */
  function webpHeader(width: number, height: number): Uint8Array {
    const bytes = new Uint8Array(30);
    const view = new DataView(bytes.buffer);
    bytes.set(new TextEncoder().encode('RIFF'));
    view.setUint32(4, 22, true);
    bytes.set(new TextEncoder().encode('WEBPVP8 '), 8);
    bytes.set([0x9d, 0x01, 0x2a], 23);
    view.setUint16(26, width, true);
    view.setUint16(28, height, true);
    return bytes;
  }

  const inputOf = async (photo: Uint8Array, mib: number) => {
    const model = await weighing(mib);
    return imageInput(photo, model, edgeCodecs(), {
      maxPixels: 64e6,
      maxBytes: (needed) => decodeMemoryBeside(model, needed),
    }).inputs();
  };

  it('refuses a WebP beside a model that leaves too little of the isolate, with the way out', async () => {
    const webp = webpHeader(4128, 2322);
    await expect(inputOf(webp, 3)).rejects.toMatchObject({ code: 'invalid_image' }); // decoded: it has no pixels
    await expect(inputOf(webp, 15)).rejects.toMatchObject({
      code: 'payload_too_large',
      message: expect.stringMatching(
        /decoding a WebP .*more than the \d+ MB allowed here.*or a JPEG, which is decoded/,
      ),
    });
  });

  it.each([12, 48])(
    'suffices for a progressive JPEG of %i megapixels beside any model that runs there',
    async (size) => {
      const [width, height] = size === 12 ? [4032, 3024] : [8064, 6048];
      expect(Object.keys(await inputOf(flatJpeg({ width, height, progressive: true }), 30))).toEqual(['input']);
    },
  );

  it('suffices for a sequential JPEG beside any model that runs in an isolate', async () => {
    const sequential = flatJpeg({ width: 4032, height: 3024 });
    expect(Object.keys(await inputOf(sequential, 30))).toEqual(['input']);
  });

  it('does not read the graph for the memory that a sequential JPEG takes', () => {
    const unread = {
      get graph(): never {
        throw new Error('The graph was read.');
      },
    };
    expect(decodeMemoryBeside(unread, 34_000_000)).toBeUndefined();
    expect(() => decodeMemoryBeside(unread, 34_000_001)).toThrow('The graph was read.');
  });

  it('has no limit of its own for a model that is too large to run there', async () => {
    expect(decodeMemoryBeside(await weighing(66), 60_000_000)).toBeUndefined();
  });
});
