/** Described models whose file is read by code that is not loaded yet: the same answers as of models that were read. */
import { describe, expect, it } from 'vitest';
import * as configured from '#worker-plugins';
import { answered, NotAnswered } from '../../../src/core/method/answered.ts';
import { describedModel } from '../../../src/core/model/described-model.ts';
import { Model } from '../../../src/core/model/model.ts';
import { rememberWork } from '../../../src/core/plan/known-work.ts';
import { openAsset } from '../../../src/edge/models/assets.ts';
import type { ModelCatalogue } from '../../../src/edge/models/catalogue.ts';
import { appWith, bindings, imageRequest, services, tensorRequest } from '../../support/app.ts';

const { MODELS } = bindings;
const { models } = services;

/** Number of times that code to read a file was waited for. */
let waits = 0;

/** cifar10 as in an isolate that has not loaded what reads its file: each time another one. */
async function unread(): Promise<Model> {
  const { reader } = configured;
  const log = () => expect.unreachable();
  const { described, ...source } = await openAsset(MODELS, 'models', 'models/cifar10', 'cifar10', { reader, log });
  if (!described) return expect.unreachable();
  const { facts, row } = described;
  let isLoaded = false;
  const load = async (): Promise<void> => {
    waits++;
    isLoaded = true;
  };
  const model = describedModel(facts, [source.bytes], () => {
    if (isLoaded) return Model.readKnown(source, facts.digest);
    throw new NotAnswered('The reader of ONNX files', load);
  });
  rememberWork(model, row);
  return model;
}

const late: ModelCatalogue = Object.assign(Object.create(models) as ModelCatalogue, {
  get: models.get.bind(models),
  unread: async (...asked: Parameters<ModelCatalogue['unread']>) => ({
    ...(await models.unread(...asked)),
    model: await unread(),
  }),
});
const app = { late: appWith({ models: late }), usual: appWith() };

/** A request whose answer is computed anew, and the same each time. */
const anew = ({ headers, ...init }: RequestInit, accept = 'application/json'): RequestInit => ({
  ...init,
  headers: {
    ...(headers as Record<string, string>),
    Accept: accept,
    'Cache-Control': 'no-store',
    'X-Request-Id': 'unread',
  },
});

/** An answer without the milliseconds that it took, and how often it waited. */
async function answer(ask: typeof app.late, query: string, init: RequestInit) {
  const before = waits;
  const response = await ask(`/v2/models/cifar10/explain?${query}`, init);
  const text = new TextDecoder('latin1')
    .decode(await response.bytes())
    .replaceAll(/"(compile|session|run|total)_ms":[\d.]+/g, '"$1_ms":0');
  // Spaces after the JSON make its length a multiple of 8.
  const body = text.replace(/\]\} */, ']}');
  const of = (name: string) => response.headers.get(name);
  const headers = [of('Content-Type'), of('ETag'), of('Vary'), of('X-Whylight-Target')];
  return { answer: { status: response.status, headers, body }, waited: waits - before };
}

async function photo(): Promise<Uint8Array> {
  return (await MODELS.fetch('https://assets.invalid/playground/samples/tabby.jpg')).bytes();
}

async function expectSame(query: string, init: RequestInit, status = 200): Promise<number> {
  const expected = (await answer(app.usual, query, init)).answer;
  expect([query, expected.status, expected.body.slice(0, 300)]).toEqual([query, status, expect.anything()]);
  const { answer: given, waited } = await answer(app.late, query, init);
  expect(given).toEqual(expected);
  return waited;
}

describe('a model of which only the description is known', () => {
  it.each([
    'method=saliency',
    'method=grad_cam',
    'method=saliency&target=3&top=2',
    'method=integrated_gradients&n_steps=4',
    'method=saliency&summary=true',
    'method=saliency&metrics=deletion&deletion.steps=2',
  ])('answers a tensor by %s, for which nothing is waited for', async (query) => {
    expect(await expectSame(query, anew(tensorRequest({})))).toBe(0);
  });

  it.each([
    'method=saliency&scores=output',
    'method=saliency&class_axis=1',
    'method=layer_gradient&similar_to=[1,2,3,4,5,6,7,8,9,10]',
    'method=auto&scores=output',
  ])('answers a tensor by %s once its file can be read', async (query) => {
    expect(await expectSame(query, anew(tensorRequest({})))).toBe(1);
  });

  it('reports a layer that the model does not have', async () => {
    expect(await expectSame('method=saliency&scores=none', anew(tensorRequest({})), 404)).toBe(1);
  });

  it.each(['application/json', 'application/octet-stream', 'image/png', 'image/svg+xml', 'text/html'])(
    'answers an image as %s',
    async (accept) => {
      const jpeg = await photo();
      expect(await expectSame('method=saliency', anew(imageRequest(jpeg), accept))).toBe(0);
      expect(await expectSame('method=saliency&scores=output', anew(imageRequest(jpeg), accept))).toBe(1);
    },
  );

  it('streams events', async () => {
    const request = anew(tensorRequest({}), 'text/event-stream');
    expect(await expectSame('method=occlusion&scores=output', request)).toBe(1);
    expect(await expectSame('method=saliency&scores=output&metrics=deletion', request)).toBe(1);
  });

  it('answers by every method that takes few samples', async () => {
    const { methods } = services.explainer;
    await methods.load();
    const model = await unread();
    const inputs = { input: { dtype: 'float32', dims: [1, 3, 32, 32], data: new Float32Array(3072) } } as const;
    let asked = 0;
    for (const { method } of methods.entries) {
      const plan = await services.explainer.planned(model, { method: method.id, inputs }).catch(() => undefined);
      if (!plan || plan.cost.forwards + plan.cost.backwards > 10) continue;
      asked++;
      await expectSame(`method=${method.id}`, anew(tensorRequest({})));
    }
    expect(asked).toBeGreaterThan(20);
  });
});

describe('answered', () => {
  it('repeats work that asks for nodes until they can be read', async () => {
    const model = await unread();
    expect(() => model.graph.nodes).toThrow(NotAnswered);
    const before = waits;
    expect((await answered(async () => model.graph.nodes)).length).toBeGreaterThan(10);
    expect(waits).toBe(before + 1);
  });
});
