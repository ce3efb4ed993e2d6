/** Prepared models in an isolate, where nothing may be compiled to WebAssembly at run time. */
import { describe, expect, it } from 'vitest';
import worker from '../../examples/embedding/prepared-worker.ts';
import { write } from '../../src/core/onnx/write.ts';
import { prepareModel } from '../../src/package/compiler.ts';
import { openPrepared } from '../../src/package/prepared-worker.ts';
import { createExplainer } from '../../src/package/worker.ts';
import saliency from '../../src/plugins/gradient/saliency.ts';
import { imageGraph, imageTensor, openGraph } from '../../src/testing/models.ts';
import { appWith, bindings, outputsOf, pixels, tensorRequest } from '../support/app.ts';

const methods = [saliency];

describe('a prepared model in workerd', () => {
  it('explains as the whole model does', async () => {
    const prepared = openPrepared(await prepareModel(write(imageGraph()).graph, { methods }), { methods });
    const request = { method: 'saliency', inputs: { image: imageTensor() } };
    const [found, expected] = [
      await prepared.explain(request),
      await createExplainer({ methods }).explain(await openGraph(imageGraph()), request),
    ];
    expect(found.rows[0]?.values).toEqual(expected.rows[0]?.values);
  });

  it('answers in the example of the documents as the whole app does', async () => {
    const file = await bindings.MODELS?.fetch('https://assets/cifar10/model.onnx');
    const prepared = await prepareModel(new Uint8Array((await file?.arrayBuffer()) ?? []), { methods });
    const MODELS = { fetch: async () => new Response(prepared) };
    const body = JSON.stringify(pixels(3));
    const response = await worker.fetch(new Request('https://own.test', { method: 'POST', body }), { MODELS });
    const { top, map } = await response.json<{ top: { index: number }[]; map: number[] }>();
    const path = '/v2/models/cifar10/explain?method=saliency';
    const { saliency_map } = await outputsOf(await appWith()(path, tensorRequest({}, pixels(3))));
    expect(top).toHaveLength(5);
    const expected = (saliency_map?.data ?? []) as number[];
    expect(map).toHaveLength(1024);
    expect(map).toEqual(expected.map((value) => expect.closeTo(value, 6)));
  });
});
