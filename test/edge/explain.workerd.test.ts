import { describe, expect, it } from 'vitest';
import type { Image } from '../../src/core/image/image.ts';
import type { ResultCache } from '../../src/edge/cache/result-cache.ts';
import { decodeRequest, HEADER_LENGTH } from '../../src/protocol/open-inference.ts';
import { imageFiles } from '../core/image/image-files.ts';
import { appWith, bindings, imageRequest, outputsOf, pixels, services, tensorRequest } from '../support/app.ts';

const ask = appWith();
const EXPLAIN = '/v2/models/cifar10/explain';
const bytes = async (response: Response) => new Uint8Array(await response.arrayBuffer());
const decode = async (response: Response): Promise<Image> => services.codecs.decode(await bytes(response));

describe.each(['saliency', 'grad_cam', 'occlusion'])('an explanation by %s', (method) => {
  it('is an overlay of the size of the image when PNG is accepted', async () => {
    const response = await ask(`${EXPLAIN}?method=${method}`, imageRequest(imageFiles.jpeg, 'image/png'));
    expect([response.status, response.headers.get('Content-Type')]).toEqual([200, 'image/png']);
    expect(Number(response.headers.get('X-Whylight-Target'))).toBeGreaterThanOrEqual(0);
    expect(response.headers.get('X-Whylight-Label')).toBeTruthy();
    expect(Number(response.headers.get('X-Whylight-Probability'))).toBeGreaterThan(0.1);
    expect(await decode(response)).toMatchObject({ width: 16, height: 12 });
  });

  it('is a set of named tensors when JSON is accepted', async () => {
    const response = await ask(EXPLAIN, tensorRequest({ method, target: 'ship' }));
    expect([response.status, response.headers.get('Content-Type')]).toEqual([200, 'application/json']);
    const answer = (await response.clone().json()) as { parameters: object };
    expect(answer).toMatchObject({
      model_name: 'cifar10',
      model_version: '1',
      parameters: {
        method,
        seed: 0,
        model_digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        engine: 'onnxruntime-web',
        total_ms: expect.any(Number),
      },
    });
    const { attribution, saliency_map, scores, target, target_label, top_classes } = await outputsOf(response);
    expect(attribution).toMatchObject({ datatype: 'FP32' });
    expect(attribution?.data.some((value) => value !== 0)).toBe(true);
    expect(saliency_map).toMatchObject({ shape: [1, 32, 32] });
    expect(scores).toMatchObject({ shape: [1], datatype: 'FP32' });
    expect(target).toMatchObject({ shape: [1], datatype: 'INT64', data: [8] });
    expect(target_label?.data).toEqual(['ship']);
    expect(top_classes?.data).toHaveLength(5);
  });
});

describe('POST /v2/models/{model}/explain', () => {
  it('gives the same answer for raw bytes, a form and a tensor', async () => {
    const raw = await outputsOf(await ask(`${EXPLAIN}?method=saliency&target=3`, imageRequest(imageFiles.palettePng)));
    const form = new FormData();
    form.set('anything', new Blob([imageFiles.palettePng]), 'photo.png');
    form.set('method', 'saliency');
    form.set('target', 'cat');
    expect(await outputsOf(await ask(EXPLAIN, { method: 'POST', body: form }))).toEqual(raw);

    const { preprocess } = await import('../../src/core/image/preprocess.ts');
    const { tenant } = await services.tenants.find(undefined, () => {});
    const { model } = await services.models.get('cifar10', tenant, () => {});
    const { preprocessing } = model.manifest;
    if (!preprocessing) throw new Error('the embedded model takes images');
    const { tensor } = preprocess(await services.codecs.decode(imageFiles.palettePng), preprocessing);
    expect(
      await outputsOf(await ask(EXPLAIN, tensorRequest({ method: 'saliency', target: 3 }, [...tensor.data]))),
    ).toEqual(raw);
  });

  it.each(['jpeg', 'progressiveJpeg', 'grayJpeg', 'lossyWebp', 'losslessWebp', 'deepPng', 'rotatedJpeg'] as const)(
    'accepts an image of the kind %s',
    async (name) => {
      const response = await ask(`${EXPLAIN}?method=grad_cam`, imageRequest(imageFiles[name], 'image/png'));
      const turned = name === 'rotatedJpeg';
      expect(await decode(response)).toMatchObject({ width: turned ? 12 : 16, height: turned ? 16 : 12 });
    },
  );

  it('explains each row of a batch as if it were sent alone', async () => {
    const one = await Promise.all(
      [1, 2].map(async (seed) => outputsOf(await ask(EXPLAIN, tensorRequest({ method: 'saliency' }, pixels(seed))))),
    );
    const nested = [1, 2].map((seed) => {
      const flat = pixels(seed);
      return [0, 1, 2].map((c) =>
        Array.from({ length: 32 }, (_, y) => flat.slice((c * 32 + y) * 32, (c * 32 + y) * 32 + 32)),
      );
    });
    const both = await outputsOf(await ask(EXPLAIN, tensorRequest({ method: 'saliency' }, nested, [2, 3, 32, 32])));
    expect(both.attribution?.shape).toEqual([2, 3, 32, 32]);
    for (const name of ['attribution', 'saliency_map', 'scores', 'target']) {
      expect(both[name]?.data).toEqual(one.flatMap((answer) => answer[name]?.data ?? []));
    }
    expect(both.top_classes?.shape).toEqual([2, 5]);
  });

  it('echoes the id of the request and returns only the outputs it names', async () => {
    const request = {
      id: 'q1',
      parameters: { method: 'grad_cam' },
      inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 3, 32, 32], data: pixels(3) }],
      outputs: [{ name: 'target' }, { name: 'scores' }],
    };
    const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(request) };
    const answer = (await (await ask(EXPLAIN, init)).json()) as { id: string; outputs: { name: string }[] };
    expect(answer.id).toBe('q1');
    expect(answer.outputs.map(({ name }) => name)).toEqual(['target', 'scores']);
    const wrong = { ...init, body: JSON.stringify({ ...request, outputs: [{ name: 'mask' }] }) };
    expect(await (await ask(EXPLAIN, wrong)).json()).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '#/outputs/0/name' }],
    });
  });

  it('accepts and returns binary tensors', async () => {
    const data = Float32Array.from(pixels(4));
    const json = new TextEncoder().encode(
      JSON.stringify({
        parameters: { method: 'saliency', binary_data_output: true },
        inputs: [
          { name: 'input', datatype: 'FP32', shape: [1, 3, 32, 32], parameters: { binary_data_size: data.byteLength } },
        ],
      }),
    );
    const body = new Uint8Array(json.length + data.byteLength);
    body.set(json);
    body.set(new Uint8Array(data.buffer), json.length);
    const headers = { 'Content-Type': 'application/octet-stream', [HEADER_LENGTH]: String(json.length) };
    const response = await ask(EXPLAIN, { method: 'POST', headers, body });
    expect([response.status, response.headers.get('Content-Type')]).toEqual([200, 'application/octet-stream']);
    const length = Number(response.headers.get(HEADER_LENGTH));
    const all = await bytes(response);
    const { outputs } = JSON.parse(new TextDecoder().decode(all.subarray(0, length)));
    const floats = outputs.filter(({ datatype }: { datatype: string }) => datatype === 'FP32');
    // Read back by the decoder of requests, up to the first output that is text.
    const size = floats
      .slice(0, 2)
      .reduce((sum: number, o: { parameters: { binary_data_size: number } }) => sum + o.parameters.binary_data_size, 0);
    const head = new TextEncoder().encode(JSON.stringify({ inputs: floats.slice(0, 2) }));
    const again = new Uint8Array(head.length + size);
    again.set(head);
    again.set(all.subarray(length, length + size), head.length);
    const attribution = decodeRequest(again, head.length).inputs.get('attribution');
    const plain = await outputsOf(await ask(EXPLAIN, tensorRequest({ method: 'saliency' }, pixels(4))));
    expect(Array.from(attribution?.data as Float32Array)).toEqual(plain.attribution?.data);
  });

  it('draws the map alone for a tensor of one row, and answers 406 for two rows', async () => {
    const init = tensorRequest({ method: 'grad_cam' });
    const png = { ...init, headers: { ...init.headers, Accept: 'image/png' } };
    expect(await decode(await ask(EXPLAIN, png))).toMatchObject({ width: 32, height: 32 });
    const two = tensorRequest({ method: 'grad_cam' }, pixels(0, 2), [2, 3, 32, 32]);
    const refused = await ask(EXPLAIN, { ...two, headers: { ...two.headers, Accept: 'image/png' } });
    expect(await refused.json()).toMatchObject({ status: 406, code: 'not_acceptable' });
  });

  it('draws differently for each colormap, opacity, overlay and type', async () => {
    const draw = async (query: string) =>
      bytes(await ask(`${EXPLAIN}?method=grad_cam${query}`, imageRequest(imageFiles.jpeg, 'image/png')));
    const variants = await Promise.all(
      ['', '&colormap=viridis', '&opacity=0.2', '&overlay=grayscale', '&type=masked', '&overlay=none'].map(draw),
    );
    expect(new Set(variants.map((png) => png.join())).size).toBe(variants.length);
  });
});

describe('the cache of explanations', () => {
  it.each(['application/json', 'image/png'])(
    'returns a byte-identical answer for a repeated request, as %s',
    async (accept) => {
      const request = () =>
        ask(`${EXPLAIN}?method=saliency&seed=11&target=dog`, imageRequest(imageFiles.deepPng, accept));
      const other = accept === 'image/png' ? 1 : 0;
      const first = await request();
      expect(first.headers.get('X-Whylight-Cache')).toBe(other ? 'hit' : 'miss');
      const second = await request();
      expect(second.headers.get('X-Whylight-Cache')).toBe('hit');
      expect(await bytes(second)).toEqual(await bytes(first));
      expect((await bindings.RESULTS.list()).keys.length).toBeGreaterThan(0);
    },
  );

  it('is hit by a request that differs in the colormap only', async () => {
    const states = [];
    for (const colormap of ['turbo', 'viridis', 'magma']) {
      const url = `${EXPLAIN}?method=occlusion&seed=12&colormap=${colormap}`;
      states.push((await ask(url, imageRequest(imageFiles.jpeg, 'image/png'))).headers.get('X-Whylight-Cache'));
    }
    expect(states).toEqual(['miss', 'hit', 'hit']);
  });

  it('is hit with defaults written out, and missed with another seed, target or parameter', async () => {
    const state = async (parameters: object) =>
      (await ask(EXPLAIN, tensorRequest({ method: 'saliency', ...parameters }, pixels(20)))).headers.get(
        'X-Whylight-Cache',
      );
    expect(await state({})).toBe('miss');
    expect(await state({ absolute: true, seed: 0, top: 5, colormap: 'viridis' })).toBe('hit');
    expect(await state({ seed: 1 })).toBe('miss');
    expect(await state({ target: 1 })).toBe('miss');
    expect(await state({ absolute: false })).toBe('miss');
  });

  it('is shared by a preset and its parameters written out', async () => {
    const state = async (parameters: object) =>
      (await ask(EXPLAIN, tensorRequest({ method: 'integrated_gradients', ...parameters }, pixels(23)))).headers.get(
        'X-Whylight-Cache',
      );
    expect(await state({ n_steps: 20, quadrature: 'riemann_right' })).toBe('miss');
    expect(await state({ preset: 'zennit' })).toBe('hit');
    expect(await state({ preset: 'zennit', n_steps: 4 })).toBe('miss');
    const refused = await ask(EXPLAIN, tensorRequest({ method: 'rise', preset: 'captum' }, pixels(23)));
    expect(await refused.json()).toMatchObject({
      status: 400,
      errors: [{ detail: expect.stringContaining('rise has the presets xplique'), pointer: '#/parameters/preset' }],
    });
  });

  it('is not shared between tenants', async () => {
    const request = (headers: HeadersInit = {}) => {
      const init = tensorRequest({ method: 'saliency' }, pixels(21));
      return ask(EXPLAIN, { ...init, headers: { ...init.headers, ...headers } as HeadersInit });
    };
    expect((await request()).headers.get('X-Whylight-Cache')).toBe('miss');
    expect((await request({ 'X-Api-Key': 'whylight-demo' })).headers.get('X-Whylight-Cache')).toBe('miss');
    expect((await request({ 'X-Api-Key': 'whylight-demo' })).headers.get('X-Whylight-Cache')).toBe('hit');
  });

  it('answers 304 to a matching If-None-Match', async () => {
    const request = (headers: HeadersInit = {}) => {
      const init = tensorRequest({ method: 'saliency' }, pixels(22));
      return ask(EXPLAIN, { ...init, headers: { ...init.headers, ...headers } as HeadersInit });
    };
    const etag = (await request()).headers.get('ETag') as string;
    const same = await request({ 'If-None-Match': `"x", ${etag}` });
    expect([same.status, same.headers.get('ETag'), await same.text()]).toEqual([304, etag, '']);
    expect((await request({ 'If-None-Match': etag, Accept: 'image/png' })).status).toBe(200);
    // As Node's fetch does by itself: computed anew, and found to be what the client has.
    const again = await request({ 'If-None-Match': etag, 'Cache-Control': 'no-cache' });
    expect([again.status, again.headers.get('X-Whylight-Cache'), await again.text()]).toEqual([304, 'bypass', '']);
  });

  it('is bypassed with a warning when KV fails or returns damaged entries', async () => {
    const warnings: string[] = [];
    const fail = async () => {
      throw new Error('KV is down');
    };
    const rubbish = new TextEncoder().encode('rubbish');
    for (const cache of [
      { get: fail, put: fail },
      { get: async () => rubbish, put: fail },
    ] as ResultCache[]) {
      const broken = appWith({ cache, log: (level, message) => void (level === 'warn' && warnings.push(message)) });
      const response = await broken(EXPLAIN, tensorRequest({ method: 'saliency' }, pixels(23)));
      expect([response.status, response.headers.get('X-Whylight-Cache')]).toEqual([200, 'miss']);
      expect((await outputsOf(response)).attribution?.shape).toEqual([1, 3, 32, 32]);
    }
    expect(warnings).toEqual([
      'the cache cannot be read',
      'the cache cannot be written',
      'a cache entry is damaged',
      'the cache cannot be written',
    ]);
  });
});

describe('POST /v2/models/{model}/infer', () => {
  it('returns the outputs of the model for tensors and images', async () => {
    const response = await ask('/v2/models/cifar10/infer', tensorRequest({}, pixels(0, 3), [3, 3, 32, 32]));
    const { logits } = await outputsOf(response);
    expect(logits).toMatchObject({ shape: [3, 10], datatype: 'FP32' });
    expect(logits?.data.slice(0, 10)).toEqual(logits?.data.slice(0, 10).map((x) => Number(x)));
    const answer = await ask('/v2/models/cifar10/versions/1/infer', imageRequest(imageFiles.jpeg));
    expect((await outputsOf(answer)).logits?.shape).toEqual([1, 10]);
  });

  it('returns the scores that the explanation reports', async () => {
    const { logits } = await outputsOf(await ask('/v2/models/cifar10/infer', tensorRequest({}, pixels(5))));
    const { scores, target } = await outputsOf(await ask(EXPLAIN, tensorRequest({ method: 'saliency' }, pixels(5))));
    const values = logits?.data as number[];
    expect(target?.data[0]).toBe(values.indexOf(Math.max(...values)));
    expect(scores?.data[0]).toBeCloseTo(Math.max(...values), 4);
  });
});

describe('a long run', () => {
  const long = () => tensorRequest({ method: 'occlusion', strides: '3,1,1' }, pixels(40));

  it('does not block shorter requests', async () => {
    await ask(EXPLAIN, tensorRequest({ method: 'occlusion' }, pixels(41)));
    const finished: string[] = [];
    await Promise.all([
      ask(EXPLAIN, long()).then(() => finished.push('long')),
      ask(EXPLAIN, tensorRequest({ method: 'occlusion', strides: '3,16,16' }, pixels(42))).then(() =>
        finished.push('short'),
      ),
    ]);
    expect(finished).toEqual(['short', 'long']);
  });

  it('is aborted when its client disconnects', async () => {
    const client = new AbortController();
    const response = ask(EXPLAIN, {
      ...long(),
      headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache' },
      signal: client.signal,
    });
    setTimeout(() => client.abort(), 20);
    expect(await (await response).json()).toMatchObject({ status: 499, code: 'aborted' });
  });
});
