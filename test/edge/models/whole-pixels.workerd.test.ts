/** An uploaded model of whole pixels [N, height, width, 3], explained on an image file. */
import { beforeAll, describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { assetModels } from '../../../src/edge/models/assets.ts';
import { ModelCatalogue } from '../../../src/edge/models/catalogue.ts';
import { r2Files } from '../../../src/edge/models/r2.ts';
import { ModelRegistry } from '../../../src/edge/models/registry.ts';
import { imageFiles } from '../../core/image/image-files.ts';
import { type Ask, bindings, imageRequest, outputsOf } from '../../support/app.ts';
import { keyOf, tenantApp, uploadOf } from '../../support/tenants.ts';

/** Means of the channels, of the pixels as they are. */
function channelMeans(): Uint8Array<ArrayBuffer> {
  const g = GraphBuilder.empty('pixels');
  const pixels = g.op('Cast', [g.input('image', 'uint8', ['N', 8, 8, 3])], { to: 1 });
  const axes = g.constant('int64', [2], [1, 2]);
  const means = g.op('ReduceMean', [pixels, axes], { keepdims: 0 });
  return write(g.build([g.named(means, 'logits')])).graph as Uint8Array<ArrayBuffer>;
}

let ask: Ask;

beforeAll(async () => {
  const registry = new ModelRegistry({ files: r2Files(bindings.UPLOADS as R2Bucket), log: () => {} });
  const models = new ModelCatalogue(assetModels(bindings.MODELS, {}, 'models'), { registry });
  const keys = [await keyOf('pixel-key', ['predict', 'explain', 'admin'])];
  ask = tenantApp({ pixels: { keys } }, { replaced: { models } });
  const bytes = channelMeans();
  const manifest = { name: 'pixels', labels: ['red', 'green', 'blue'] };
  const files = [{ path: 'model.onnx', binary_data_size: bytes.length }];
  const response = await ask('/v2/models/pixels/versions/1', uploadOf('pixel-key', { manifest, files }, bytes));
  expect(response.status, await response.text()).toBe(201);
});

describe('a model of whole pixels', () => {
  it.each(['integrated_gradients', 'occlusion'])(
    'takes an image file without a manifest for it: %s',
    async (method) => {
      const { headers, ...init } = imageRequest(imageFiles.palettePng, 'application/json', 'image/png');
      const response = await ask(`/v2/models/pixels/explain?method=${method}&target=0`, {
        ...init,
        headers: { ...headers, 'X-Api-Key': 'pixel-key' },
      });
      expect(response.status, await response.clone().text()).toBe(200);
      const { attribution } = await outputsOf(response);
      expect(attribution?.shape).toEqual([1, 8, 8, 3]);
      const ofOthers = attribution?.data.filter((_, i) => i % 3 !== 0).map(Number);
      if (method === 'integrated_gradients') expect(new Set(ofOthers)).toEqual(new Set([0]));
      expect(attribution?.data.some((value) => Number(value) !== 0)).toBe(true);
    },
  );
});
