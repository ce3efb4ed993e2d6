/** Models that were prepared give the answers of the whole model, and say what they were not prepared for. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ISOLATE_LIMITS } from '../../src/core/limits.ts';
import type { Method } from '../../src/core/method/contract.ts';
import type { Model } from '../../src/core/model/model.ts';
import { write } from '../../src/core/onnx/write.ts';
import type { Inputs } from '../../src/core/tensor/rows.ts';
import { prepareModel } from '../../src/package/compiler.ts';
import { createExplainer } from '../../src/package/node.ts';
import { openPrepared } from '../../src/package/prepared-node.ts';
import gradCam from '../../src/plugins/activation/grad-cam.ts';
import deepLift from '../../src/plugins/gradient/deep-lift.ts';
import integratedGradients from '../../src/plugins/gradient/integrated-gradients.ts';
import saliency from '../../src/plugins/gradient/saliency.ts';
import occlusion from '../../src/plugins/perturbation/occlusion.ts';
import {
  imageGraph,
  imageTensor,
  openGraph,
  tokenGraph,
  tokens,
  vector,
  vectorGraph,
} from '../../src/testing/models.ts';

const METHODS = [saliency, gradCam, integratedGradients, deepLift, occlusion];
const bytesOf = (graph: Parameters<typeof write>[0]): Uint8Array => write(graph).graph;

const inputsOf = (model: Model): Inputs => {
  const [{ name } = { name: '' }] = model.info().inputs;
  return { [name]: name === 'x' ? vector() : name === 'image' ? imageTensor() : tokens() };
};

async function both(graph: Parameters<typeof write>[0], method: Method, params: object = {}) {
  const whole = await openGraph(graph);
  const prepared = openPrepared(await prepareModel(bytesOf(graph), { methods: [method] }), { methods: [method] });
  const request = {
    method: method.id,
    params: params as Record<string, unknown>,
    inputs: inputsOf(whole),
    summary: true,
  };
  const explainer = createExplainer({ methods: [method], limits: ISOLATE_LIMITS });
  const [expected, found] = await Promise.all([explainer.explain(whole, request), prepared.explain(request)]);
  return { expected, found, prepared, request };
}

describe('a prepared model', () => {
  it.each(METHODS.map((method) => [method.id, method] as const))(
    'gives the attribution of the whole model to the last bit (%s)',
    async (_, method) => {
      const { expected, found } = await both(imageGraph(), method);
      expect(found.rows[0]?.values).toEqual(expected.rows[0]?.values);
      expect(found.rows[0]?.map).toEqual(expected.rows[0]?.map);
      expect(found.rows[0]?.top).toEqual(expected.rows[0]?.top);
      expect(found.rows[0]?.summary).toEqual(expected.rows[0]?.summary);
      expect(found.model.digest).toMatch(/^[0-9a-f]{64}$/);
    },
  );

  it('explains vectors, and tokens at their embedding', async () => {
    for (const graph of [vectorGraph(), tokenGraph()]) {
      const { expected, found } = await both(graph, saliency);
      expect(found.rows[0]?.values).toEqual(expected.rows[0]?.values);
    }
  });

  it('compiles nothing when it runs', async () => {
    const { found } = await both(imageGraph(), saliency);
    expect(found.timings.compile).toBe(0);
  });

  it('estimates a request without compiling', async () => {
    const { prepared, request } = await both(imageGraph(), saliency);
    await expect(prepared.estimate(request)).resolves.toMatchObject({ cost: { forwards: 1, backwards: 1 } });
  });

  it('predicts as the whole model does', async () => {
    const { prepared, request, expected } = await both(imageGraph(), saliency);
    const [prediction] = await prepared.predict(request);
    expect(prediction?.top).toEqual(expected.rows[0]?.top);
  });

  it('names the methods that it was prepared for when another one needs a further graph', async () => {
    const bytes = await prepareModel(bytesOf(imageGraph()), { methods: [occlusion] });
    const prepared = openPrepared(bytes, { methods: [saliency] });
    await expect(prepared.explain({ method: 'saliency', inputs: { image: imageTensor() } })).rejects.toMatchObject({
      code: 'unprocessable_method',
      message: expect.stringContaining('prepared for occlusion'),
    });
  });

  it('has the graphs of every set of parameters that it was prepared with', async () => {
    const whole = await openGraph(imageGraph());
    const [layer] = whole.info().spatialLayers.slice(-1);
    const params = { target_layer: layer?.name };
    const settings = { methods: [gradCam], params: { grad_cam: [{}, params] } };
    const prepared = openPrepared(await prepareModel(bytesOf(imageGraph()), settings), settings);
    const request = { method: 'grad_cam', params, inputs: inputsOf(whole) };
    const explainer = createExplainer({ methods: [gradCam], limits: ISOLATE_LIMITS });
    expect((await prepared.explain(request)).rows[0]?.values).toEqual(
      (await explainer.explain(whole, request)).rows[0]?.values,
    );
  });

  it('holds the weights once for all graphs', async () => {
    const bytes = readFileSync('models/cifar10/model.onnx');
    const one = await prepareModel(bytes, { methods: [occlusion] });
    const three = await prepareModel(bytes, { methods: [occlusion, saliency, integratedGradients] });
    expect(three.length - one.length).toBeLessThan(bytes.length / 4);
  });

  it('refuses bytes that no preparation wrote', () => {
    expect(() => openPrepared(new Uint8Array(100), { methods: [saliency] })).toThrow('whylight export prepared');
  });

  it('refuses scores and corrections that it was not prepared for', async () => {
    const { prepared, request } = await both(imageGraph(), saliency);
    await expect(prepared.explain({ ...request, scores: 'elsewhere' })).rejects.toThrow('prepared for the scores');
    await expect(prepared.explain({ ...request, corrections: { class_axis: 1 } })).rejects.toThrow(
      'cannot be corrected',
    );
  });
});
