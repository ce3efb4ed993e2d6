import { describe, expect, it } from 'vitest';
import { float32 } from '../../src/core/tensor/tensor.ts';
import { HEADER_LENGTH } from '../../src/protocol/open-inference.ts';
import { encodeRequest } from '../../src/protocol/open-inference-client.ts';
import { imageFiles } from '../core/image/image-files.ts';
import { appWith, imageRequest, outputsOf, pixels, services, tensorRequest } from '../support/app.ts';

const ask = appWith();
const MODEL = '/v2/models/cifar10';
const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
const json = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});

/** Events of a stream, in order. */
async function eventsOf(response: Response): Promise<{ event: string; data: Record<string, unknown> }[]> {
  const text = await response.text();
  return text
    .split('\n\n')
    .filter((block) => block.trim() !== '')
    .map((block) => ({
      event: /^event: (.*)$/m.exec(block)?.[1] ?? '',
      data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? 'null'),
    }));
}

describe('explain as a stream of server-sent events', () => {
  const stream = (query: string) => {
    const init = tensorRequest({});
    return ask(`${MODEL}/explain?${query}`, { ...init, headers: { ...init.headers, Accept: 'text/event-stream' } });
  };

  it('sends progress and partial results, and ends with the result', async () => {
    const response = await stream('method=rise&n_masks=100');
    expect(response.headers.get('Content-Type')).toContain('text/event-stream');
    const events = await eventsOf(response);
    const kinds = events.map(({ event }) => event);
    expect(kinds.filter((kind) => kind === 'progress').length).toBeGreaterThan(2);
    expect(kinds).toContain('partial');
    expect(kinds.at(-1)).toBe('result');
    const done = events.filter(({ event }) => event === 'progress').map(({ data }) => data.done as number);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    const plain = await ask(`${MODEL}/explain?method=rise&n_masks=100`, tensorRequest({}));
    expect(events.at(-1)?.data.outputs).toEqual(((await plain.json()) as { outputs: unknown }).outputs);
  });

  it('ends with an error event when the run fails', async () => {
    const events = await eventsOf(await stream('method=rise&n_masks=10&target=99'));
    expect(events.at(-1)).toMatchObject({ event: 'error', data: { code: 'label_not_found', status: 404 } });
  });
});

describe('POST /v2/models/{model}/explain/estimate', () => {
  it('returns cost and route without running the method', async () => {
    const response = await ask(`${MODEL}/explain/estimate?method=occlusion`, imageRequest(imageFiles.palettePng));
    expect(await response.json()).toMatchObject({
      method: 'occlusion',
      forwards: 49,
      backwards: 0,
      measured: true,
      route: 'edge',
      milliseconds: expect.any(Number),
      bytes: expect.any(Number),
      parameters: { aggregation: expect.any(String) },
    });
  });

  it('returns the largest parameters that fit when the run exceeds every budget', async () => {
    const response = await ask(`${MODEL}/explain/estimate?method=rise&n_masks=20000`, tensorRequest({}));
    const answer = (await response.json()) as { route: string; fits: { n_masks: number } };
    expect(answer.route).toBe('none');
    expect(answer.fits.n_masks).toBeGreaterThan(1000);
    expect(answer.fits.n_masks).toBeLessThan(20000);
    const refused = await ask(`${MODEL}/explain?method=rise&n_masks=20000`, tensorRequest({}));
    expect(await refused.json()).toMatchObject({ status: 422, code: 'budget_exceeded', fits: answer.fits });
  });
});

describe('POST /v2/models/{model}/compare', () => {
  const three = 'methods=saliency,grad_cam,attention_rollout&saliency.reduction=none';

  it('returns for each method what explain returns for the same class', async () => {
    const response = await ask(`${MODEL}/compare?${three}`, tensorRequest({}));
    expect(response.status).toBe(200);
    const answer = (await response.clone().json()) as { parameters: Record<string, unknown> };
    const outputs = await outputsOf(response);
    expect(answer.parameters['attention_rollout.error']).toMatch(/^unprocessable_method: /);
    for (const method of ['saliency', 'grad_cam']) {
      const options = method === 'saliency' ? '&reduction=none' : '';
      const alone = await outputsOf(await ask(`${MODEL}/explain?method=${method}${options}`, tensorRequest({})));
      expect(outputs[`${method}.attribution`]?.data).toEqual(alone.attribution?.data);
      expect(outputs[`${method}.target`]?.data).toEqual(alone.target?.data);
    }
  });

  it('draws a sheet of maps as PNG', async () => {
    const response = await ask(`${MODEL}/compare?${three}`, imageRequest(imageFiles.palettePng, 'image/png'));
    expect(response.headers.get('Content-Type')).toBe('image/png');
    expect([...new Uint8Array(await response.arrayBuffer()).subarray(1, 4)]).toEqual([80, 78, 71]);
  });

  it.each([
    ['no methods', '', 400, 'invalid_request'],
    ['an unknown one alone', '?methods=nonsense', 404, 'method_not_found'],
  ])('returns an error for %s', async (_, query, status, code) => {
    expect(await (await ask(`${MODEL}/compare${query}`, tensorRequest({}))).json()).toMatchObject({ status, code });
  });

  it('applies a preset to the methods that have it, and refuses one that no method has', async () => {
    const compare = async (query: string) =>
      (await (
        await ask(`${MODEL}/compare?methods=integrated_gradients,layer_gradient${query}`, tensorRequest({}))
      ).json()) as {
        parameters: Record<string, unknown>;
      };
    const { parameters } = await compare('&preset=zennit');
    expect(parameters).toMatchObject({ 'integrated_gradients.quadrature': 'riemann_right' });
    expect(Object.keys(parameters).filter((name) => name.endsWith('.error'))).toEqual([]);
    expect((await compare('&layer_gradient.preset=zennit')).parameters).toHaveProperty(['layer_gradient.error']);
    expect(await compare('&preset=pytorch_grad_cam')).toMatchObject({ status: 400, code: 'invalid_request' });
  });
});

describe('images in BYTES tensors', () => {
  const inside = (inputs: unknown) => ask(`${MODEL}/explain?method=saliency`, json({ inputs }));

  it('are accepted as base64 in JSON and as binary data', async () => {
    const raw = await outputsOf(await ask(`${MODEL}/explain?method=saliency`, imageRequest(imageFiles.palettePng)));
    const text = await inside([
      { name: 'image', datatype: 'BYTES', shape: [1], data: [base64(imageFiles.palettePng)] },
    ]);
    expect(await outputsOf(text)).toEqual(raw);
    const length = new Uint8Array(Uint32Array.of(imageFiles.palettePng.length).buffer);
    const element = new Uint8Array([...length, ...imageFiles.palettePng]);
    const head = new TextEncoder().encode(
      JSON.stringify({
        inputs: [{ name: 'i', datatype: 'BYTES', shape: [1], parameters: { binary_data_size: element.length } }],
      }),
    );
    const binary = await ask(`${MODEL}/explain?method=saliency`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/octet-stream', [HEADER_LENGTH]: String(head.length) },
      body: new Uint8Array([...head, ...element]),
    });
    expect(await outputsOf(binary)).toEqual(raw);
  });

  it.each([
    ['invalid base64', [{ name: 'i', datatype: 'BYTES', shape: [1], data: ['%%%'] }], 'invalid_request'],
    ['bytes that are no image', [{ name: 'i', datatype: 'BYTES', shape: [1], data: ['aGVsbG8='] }], 'invalid_image'],
    ['two images', [{ name: 'i', datatype: 'BYTES', shape: [2], data: ['aGVsbG8=', 'aGVsbG8='] }], 'invalid_request'],
  ])('are refused when they hold %s', async (_, inputs, code) => {
    expect(await (await inside(inputs)).json()).toMatchObject({ code });
  });
});

describe('POST /v2/models/{model}/infer', () => {
  it('accepts and returns binary tensors', async () => {
    const x = float32([2, 3, 32, 32], pixels(1, 2));
    const { body, headerLength } = encodeRequest({ inputs: { input: x }, outputs: ['logits'] });
    const binary = await ask(`${MODEL}/infer`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/octet-stream', [HEADER_LENGTH]: String(headerLength) },
      body,
    });
    const length = Number(binary.headers.get(HEADER_LENGTH));
    const bytes = await binary.arrayBuffer();
    const logits = [...new Float32Array(bytes.slice(length))];
    const plain = await outputsOf(await ask(`${MODEL}/infer`, tensorRequest({}, [...x.data], [2, 3, 32, 32])));
    expect(plain.logits).toMatchObject({ datatype: 'FP32', shape: [2, 10] });
    for (const [i, value] of logits.entries()) expect(value).toBeCloseTo(plain.logits?.data[i] as number, 5);
  });
});

describe('a compressed body', () => {
  it.each(['gzip', 'deflate'] as const)('is accepted in the coding %s', async (coding) => {
    const plain = tensorRequest({ method: 'saliency' });
    const packed = new Blob([plain.body as string]).stream().pipeThrough(new CompressionStream(coding));
    const headers = { ...(plain.headers as Record<string, string>), 'Content-Encoding': coding };
    const response = await ask(`${MODEL}/explain`, { ...plain, headers, body: await new Response(packed).bytes() });
    expect(await outputsOf(response)).toEqual(await outputsOf(await ask(`${MODEL}/explain`, plain)));
  });
});

describe('a target', () => {
  it('that is too long for a header is returned in the body only', async () => {
    const target = `cat${' + cat'.repeat(20_000)}`;
    const response = await ask(`${MODEL}/explain`, tensorRequest({ method: 'saliency', target }));
    expect(response.headers.has('X-Whylight-Label')).toBe(false);
    expect((await outputsOf(response)).target_label?.data).toEqual([target]);
  });
});

describe('routing', () => {
  it.each([
    ['OPTIONS', `${MODEL}/explain`, 204, 'POST, OPTIONS'],
    ['OPTIONS', '/v2/models/cifar10/nothing', 404, null],
    ['PUT', `${MODEL}/explain`, 405, 'POST'],
    ['PATCH', '/v2/models/cifar10', 405, 'GET, HEAD, DELETE'],
    ['POST', '/v2/models', 405, 'GET, HEAD'],
    ['GET', '/v2/models/cifar10/nothing', 404, null],
    ['POST', '/v2/models/cifar10/nothing', 404, null],
  ])('answers %s %s with %s and Allow: %s', async (method, path, status, allow) => {
    const response = await ask(path, { method });
    expect([response.status, response.headers.get('Allow')]).toEqual([status, allow]);
  });
});

describe('the KServe V1 protocol', () => {
  const FEW_MASKS = { method: 'rise', n_masks: 15, seed: 5, route: 'edge' };
  const limited = appWith({ limits: { ...services.limits, maxSamples: 30 } });
  const nested = (seed: number) => {
    const flat = pixels(seed);
    return [0, 1, 2].map((k) =>
      Array.from({ length: 32 }, (_, i) => flat.slice(k * 1024 + i * 32, k * 1024 + (i + 1) * 32)),
    );
  };

  it('predicts and explains instances given as numbers', async () => {
    const body = json({ instances: [nested(1), nested(2)] });
    const { predictions } = (await (await ask('/v1/models/cifar10:predict', body)).json()) as {
      predictions: number[][];
    };
    expect(predictions.map((row) => row.length)).toEqual([10, 10]);
    const plain = await outputsOf(
      await ask(`${MODEL}/infer`, tensorRequest({}, [...pixels(1), ...pixels(2)], [2, 3, 32, 32])),
    );
    expect(predictions.flat()).toEqual(plain.logits?.data);

    const explained = await ask('/v1/models/cifar10%3Aexplain?method=integrated_gradients', body);
    const { explanations } = (await explained.json()) as {
      explanations: { attributions: Record<string, unknown>[] }[];
    };
    expect(explanations).toHaveLength(2);
    const [item] = explanations[0]?.attributions ?? [];
    const best = predictions[0]?.indexOf(Math.max(...(predictions[0] ?? [])));
    expect(item).toMatchObject({ outputIndex: [best], outputName: 'integrated_gradients' });
    expect(item?.instanceOutputValue).toBeCloseTo(predictions[0]?.[best as number] as number, 4);
    const { input = [] } = (item?.featureAttributions ?? {}) as { input?: number[][][] };
    const sum = input.flat(2).reduce((a, b) => a + b, 0);
    const gap = (item?.instanceOutputValue as number) - (item?.baselineOutputValue as number);
    expect(Math.abs(sum - gap)).toBeLessThan((item?.approximationError as number) + 1e-3);
  });

  it('explains instances given as base64 images', async () => {
    const body = json({ instances: [{ b64: base64(imageFiles.palettePng) }], parameters: { method: 'saliency' } });
    const { explanations } = (await (await ask('/v1/models/cifar10:explain', body)).json()) as {
      explanations: { attributions: { featureAttributions: { input: number[][][] } }[] }[];
    };
    const raw = await outputsOf(await ask(`${MODEL}/explain?method=saliency`, imageRequest(imageFiles.palettePng)));
    expect(explanations[0]?.attributions[0]?.featureAttributions.input.flat(2)).toEqual(raw.attribution?.data);
  });

  it('applies the sample limit to all instances of a request together', async () => {
    const instance = { b64: base64(imageFiles.palettePng) };
    const send = (verb: string, count: number) => {
      const body = { instances: Array(count).fill(instance), ...(verb === 'explain' && { parameters: FEW_MASKS }) };
      return limited(`/v1/models/cifar10:${verb}`, json(body));
    };
    for (const [verb, count] of [
      ['explain', 3],
      ['predict', 31],
    ] as const) {
      expect(await (await send(verb, count)).json()).toMatchObject({ status: 422, code: 'budget_exceeded' });
    }
    expect([(await send('explain', 2)).status, (await send('predict', 30)).status]).toEqual([200, 200]);
  });

  it('lists models and their readiness', async () => {
    expect(await (await ask('/v1/models')).json()).toEqual({
      models: ['everyday', 'cifar10', 'movie_reviews', 'penguins', 'adult_income', 'italy_power', 'speech_digits'],
    });
    expect(await (await ask('/v1/models/cifar10')).json()).toEqual({ name: 'cifar10', ready: true });
  });

  it.each([
    ['no instances', {}, '#/instances'],
    ['a ragged list', { instances: [[[1, 2], [1]]] }, '#/instances'],
    ['an instance without the input', { instances: [{ other: [1] }] }, '#/instances/0'],
    ['invalid base64', { instances: [{ b64: '%' }] }, '#/instances/0'],
  ])('refuses %s with a pointer to it', async (_, body, pointer) => {
    const answer = await (await ask('/v1/models/cifar10:explain', json(body))).json();
    expect(answer).toMatchObject({ status: 400, errors: [{ pointer }] });
  });
});
