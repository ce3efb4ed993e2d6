import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/core/onnx/builder.ts';
import { write } from '../../src/core/onnx/write.ts';
import { ModelCatalogue } from '../../src/edge/models/catalogue.ts';
import { imageFiles } from '../core/image/image-files.ts';
import { appWith, imageRequest, outputsOf, pixels, services, tensorRequest } from '../support/app.ts';
import { documentedStatuses } from '../support/documented.ts';

/** Models that an operator might put there by mistake, beside the embedded one. */
const models = new ModelCatalogue({
  names: ['empty', 'text', 'strange', 'missing'],
  async open(name) {
    if (name === 'empty') return { bytes: new Uint8Array(0) };
    if (name === 'text') return { bytes: new TextEncoder().encode('this is no model') };
    if (name === 'strange') return { bytes: strangeModel() };
    throw new Error(`no folder ${name}`);
  },
});

function strangeModel(): Uint8Array {
  const g = GraphBuilder.empty();
  const x = g.input('input', 'float32', ['N', 3, 32, 32]);
  return write(g.build([g.named(g.op('Frobnicate', [g.op('Flatten', [x])]), 'y')])).graph;
}

/** Details of a problem that names a parameter of the query, or a place in the body. */
const wrongParameter = (parameter: string) => ({ errors: [expect.objectContaining({ parameter })] });
const wrongPlace = (pointer: string) => ({ errors: [expect.objectContaining({ pointer })] });

const EXPLAIN = '/v2/models/cifar10/explain';
const ask = appWith();
const silent = { log: () => {} };

/** A PNG header that claims an enormous image. */
function hugePng(): Uint8Array {
  const bytes = imageFiles.deepPng.slice();
  new DataView(bytes.buffer).setUint32(16, 30_000);
  new DataView(bytes.buffer).setUint32(20, 30_000);
  return bytes;
}

function hugeJpeg(): Uint8Array {
  const bytes = imageFiles.jpeg.slice();
  const frame = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc0);
  new DataView(bytes.buffer).setUint16(frame + 5, 30_000);
  new DataView(bytes.buffer).setUint16(frame + 7, 30_000);
  return bytes;
}

const imageBody = (bytes: Uint8Array, type = 'image/jpeg') => ({
  query: '?method=saliency',
  init: imageRequest(bytes, '*/*', type),
});
const query = (query: string) => ({ query, init: imageRequest(imageFiles.jpeg) });
const tensor = (parameters: object, data?: unknown, shape?: number[]) => ({
  query: '',
  init: tensorRequest(parameters, data, shape),
});
const text = new TextEncoder().encode('Dear Sir or Madam,\nthis is a letter.\n');

/** Tensors in FP16, which travel as bytes only. */
function halves(): Case {
  const input = {
    name: 'input',
    datatype: 'FP16',
    shape: [1, 3, 32, 32],
    parameters: { binary_data_size: 6144 },
  };
  const head = new TextEncoder().encode(JSON.stringify({ parameters: { method: 'saliency' }, inputs: [input] }));
  const body = new Uint8Array(head.length + 6144);
  body.set(head);
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Inference-Header-Content-Length': String(head.length),
  };
  return { query: '', init: { method: 'POST', headers, body } };
}

type Case = { query: string; init: RequestInit; path?: string };
const nan = pixels(0);
nan[5] = Number.NaN;

function binaryNan(): Case {
  const data = Float32Array.from(nan);
  const json = JSON.stringify({
    parameters: { method: 'saliency' },
    inputs: [
      { name: 'input', datatype: 'FP32', shape: [1, 3, 32, 32], parameters: { binary_data_size: data.byteLength } },
    ],
  });
  return {
    query: '',
    init: {
      method: 'POST',
      headers: { 'Content-Type': 'application/octet-stream', 'Inference-Header-Content-Length': String(json.length) },
      body: new Blob([json, data]),
    },
  };
}

const json = (body: string): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: `{"parameters":{"method":"saliency"},"inputs":[{"name":"input","datatype":"FP32","shape":[1],"data":${body}}]}`,
});
const inLists = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const encoded = (coding: string, bytes: Uint8Array): Case => ({
  query: '?method=saliency',
  init: {
    method: 'POST',
    headers: { 'Content-Type': 'image/jpeg', 'Content-Encoding': coding },
    body: new Blob([bytes as Uint8Array<ArrayBuffer>]),
  },
});
const v1 = (body: string, path = '/v1/models/cifar10:predict', headers: Record<string, string> = {}): Case => ({
  query: '',
  path,
  init: { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body },
});
const inferred = (output: string): Case => ({
  query: '',
  path: '/v2/models/cifar10/infer',
  init: {
    ...json(''),
    body: JSON.stringify({
      inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 3, 32, 32], data: pixels(0) }],
      outputs: [{ name: output }],
    }),
  },
});

const CASES: [string, Case, number, string, object?][] = [
  ['a truncated JPEG', imageBody(imageFiles.jpeg.subarray(0, imageFiles.jpeg.length - 60)), 400, 'invalid_image'],
  ['a JPEG truncated within its header', imageBody(imageFiles.jpeg.subarray(0, 100)), 400, 'invalid_image'],
  ['a PNG header of 30000x30000', imageBody(hugePng(), 'image/png'), 413, 'payload_too_large', { width: 30_000 }],
  ['a JPEG header of 30000x30000', imageBody(hugeJpeg()), 413, 'payload_too_large', { height: 30_000 }],
  ['a text named .png', imageBody(text, 'image/png'), 400, 'invalid_image'],
  ['a GIF', imageBody(imageFiles.gif, 'image/gif'), 415, 'unsupported_media_type'],
  ['an empty image', imageBody(new Uint8Array(0)), 400, 'invalid_image'],
  [
    'an empty JSON body',
    { query: '', init: { method: 'POST', headers: { 'Content-Type': 'application/json' } } },
    400,
    'invalid_request',
  ],
  ['no body and no type', { query: '?method=saliency', init: { method: 'POST' } }, 415, 'unsupported_media_type'],
  [
    'an unsupported media type',
    { query: '', init: { method: 'POST', headers: { 'Content-Type': 'text/html' }, body: '<p>' } },
    415,
    'unsupported_media_type',
  ],
  [
    'a form without an image',
    { query: '?method=saliency', init: { method: 'POST', body: new URLSearchParams({ a: 'b' }) } },
    415,
    'unsupported_media_type',
  ],
  [
    'a broken form',
    { query: '', init: { method: 'POST', headers: { 'Content-Type': 'multipart/form-data' }, body: 'x' } },
    400,
    'invalid_request',
  ],
  [
    'a wrong tensor shape',
    tensor({ method: 'saliency' }, pixels(0), [1, 32, 32, 3]),
    400,
    'invalid_tensor',
    { input: 'input', errors: [expect.objectContaining({ pointer: '#/inputs/0' })] },
  ],
  ['a wrong rank', tensor({ method: 'saliency' }, pixels(0), [3072]), 400, 'invalid_tensor'],
  ['no rows', tensor({ method: 'saliency' }, [], [0, 3, 32, 32]), 400, 'invalid_tensor'],
  ['too few elements', tensor({ method: 'saliency' }, [1, 2, 3]), 400, 'invalid_tensor', { expected: 3072, given: 3 }],
  ['NaN as null', tensor({ method: 'saliency' }, nan), 400, 'invalid_tensor', { element: 5 }],
  ['NaN in bytes', binaryNan(), 400, 'invalid_tensor', { element: 5 }],
  [
    'an unknown model',
    { ...query('?method=saliency'), path: '/v2/models/cifar11/explain' },
    404,
    'model_not_found',
    { nearest: ['cifar10'] },
  ],
  [
    'an unknown method',
    query('?method=salency'),
    404,
    'method_not_found',
    { nearest: expect.arrayContaining(['saliency']) },
  ],
  ['an unknown layer', query('?method=grad_cam&target_layer=nowhere'), 404, 'layer_not_found'],
  [
    'an unknown label',
    query('?method=saliency&target=cta'),
    404,
    'label_not_found',
    { nearest: expect.arrayContaining(['cat']) },
  ],
  ['a class out of range', query('?method=saliency&target=10'), 404, 'label_not_found', { maximum: 9 }],
  [
    'a parameter out of range',
    query('?method=integrated_gradients&n_steps=0'),
    400,
    'invalid_request',
    { errors: [{ parameter: 'n_steps', detail: expect.stringContaining('from 1') }] },
  ],
  [
    'a parameter out of range in the body',
    tensor({ method: 'integrated_gradients', n_steps: 0 }),
    400,
    'invalid_request',
    { errors: [{ pointer: '#/parameters/n_steps', detail: expect.any(String) }] },
  ],
  ['an unknown parameter', query('?method=saliency&n_setps=3'), 400, 'invalid_request', wrongParameter('n_setps')],
  [
    'a drawing option out of range',
    query('?method=saliency&opacity=2'),
    400,
    'invalid_request',
    wrongParameter('opacity'),
  ],
  ['a negative seed', query('?method=saliency&seed=-1'), 400, 'invalid_request'],
  [
    'a parameter named like a member of Object.prototype',
    query('?method=saliency&constructor=1'),
    400,
    'invalid_request',
    wrongParameter('constructor'),
  ],
  ['lists nested 200000 levels deep', { query: '', init: json(inLists(200_000)) }, 400, 'invalid_tensor'],
  ['a body that is not valid gzip', encoded('gzip', text), 400, 'invalid_request'],
  ['an unknown content coding', encoded('br', text), 415, 'unsupported_media_type', { allowed: ['gzip', 'deflate'] }],
  ['a V1 body that is not JSON', v1('{'), 400, 'invalid_request', wrongPlace('#')],
  ['a V1 body that is null', v1('null'), 400, 'invalid_request'],
  ['V1 instances nested 100000 levels deep', v1(`{"instances":${inLists(100_000)}}`), 400, 'invalid_request'],
  ['a V1 model name that cannot be decoded', v1('{}', '/v1/models/%ZZ:explain'), 404, 'model_not_found'],
  [
    'a V1 request that accepts no supported type',
    v1('{}', '/v1/models/cifar10:explain', { Accept: 'image/png' }),
    406,
    'not_acceptable',
  ],
  ['an unknown inference output', inferred('nothing'), 400, 'invalid_request', { allowed: ['logits'] }],
  [
    'invalid settings and invalid parameters at once',
    tensor({ method: 'integrated_gradients', seed: -1, colormap: 'pink', n_steps: 0, n_stepps: 1 }),
    400,
    'invalid_request',
    {
      errors: ['seed', 'colormap', 'n_stepps', 'n_steps'].map((name) =>
        expect.objectContaining({ pointer: `#/parameters/${name}` }),
      ),
    },
  ],
  [
    'an input that makes the model overflow',
    tensor(
      { method: 'saliency' },
      pixels(0).map((x) => x * 3e38),
    ),
    422,
    'unprocessable_method',
  ],
  ...[
    { method: 'occlusion', baseline: 1e300 },
    { method: 'gradient_shap', stdevs: 1e300 },
    { method: 'layer_feature_ablation', baseline: 1e300 },
    { method: 'lrp', epsilon: 0 },
  ].map(({ method, ...wrong }): (typeof CASES)[number] => {
    const [name] = Object.keys(wrong);
    const errors = [expect.objectContaining({ pointer: `#/parameters/${name}` })];
    return [
      `a ${name} of ${method} that makes no numbers`,
      tensor({ method, ...wrong }),
      400,
      'invalid_request',
      { errors },
    ];
  }),
  ...['1e300*cat', '1e39*cat - dog', '{"weights":{"cat":1e39}}'].map((target): (typeof CASES)[number] => [
    `a weight that is too large: ${target}`,
    tensor({ method: 'saliency', target }),
    400,
    'invalid_request',
    wrongPlace('#/parameters/target'),
  ]),
  [
    'an unknown label in the body',
    tensor({ method: 'saliency', target: 'cta' }),
    404,
    'label_not_found',
    wrongPlace('#/parameters/target'),
  ],
  [
    'a truncated target object',
    tensor({ method: 'saliency', target: '{' }),
    400,
    'invalid_request',
    wrongPlace('#/parameters/target'),
  ],
  ['a method name of a million letters', tensor({ method: 'x'.repeat(1e6) }), 404, 'method_not_found'],
  [
    'a layer name of a million letters',
    tensor({ method: 'grad_cam', target_layer: 'x'.repeat(1e6) }),
    404,
    'layer_not_found',
  ],
  ['a V1 instance of another shape', v1('{"instances":[[1]]}'), 400, 'invalid_tensor', wrongPlace('#/instances')],
  [
    'a request that is part of a sequence',
    tensor({ method: 'saliency', sequence_id: 7 }),
    400,
    'invalid_request',
    { errors: [expect.objectContaining({ pointer: '#/parameters/sequence_id' })] },
  ],
  [
    'half floats for an input of another type',
    halves(),
    400,
    'invalid_tensor',
    { detail: expect.stringContaining('has the datatype FP32, but FP16 was sent') },
  ],
  [
    'a request that accepts no supported type',
    { query: '?method=saliency', init: imageRequest(imageFiles.jpeg, 'image/gif') },
    406,
    'not_acceptable',
    { allowed: expect.arrayContaining(['image/png']) },
  ],
];

describe('bad input', () => {
  it.each(CASES)(
    'answers %s with a problem, and serves the next request',
    async (_, { query, init, path = EXPLAIN }, status, code, members = {}) => {
      const response = await ask(path + query, init);
      expect(response.headers.get('Content-Type')).toBe('application/json');
      expect(documentedStatuses(path, init.method ?? 'GET')).toContain(String(response.status));
      const problem = (await response.json()) as Record<string, unknown>;
      expect(problem).toMatchObject({
        type: `urn:whylight:problem:${code}`,
        status,
        code,
        title: expect.any(String),
        ...members,
      });
      expect(response.status).toBe(status);
      expect(problem.error).toBe(problem.detail);
      expect(problem.instance).toBe(response.headers.get('X-Request-Id'));

      const next = await ask(`${EXPLAIN}?method=saliency`, {
        ...imageRequest(imageFiles.jpeg),
        headers: { 'Content-Type': 'image/jpeg', 'Cache-Control': 'no-cache' },
      });
      expect(next.status).toBe(200);
      expect((await outputsOf(next)).attribution?.shape).toEqual([1, 3, 32, 32]);
    },
  );

  it.each([
    ['a 0-byte ONNX file', 'empty', 422, 'invalid_model'],
    ['a text instead of an ONNX file', 'text', 422, 'invalid_model'],
    ['an ONNX file with an unknown operator', 'strange', 501, 'unsupported_operator'],
    ['a model whose files are missing', 'missing', 500, 'internal'],
  ])('answers %s with a problem, and serves the next request', async (_, name, status, code) => {
    const response = await appWith({ models, ...silent })(
      `/v2/models/${name}/explain`,
      tensorRequest({ method: 'saliency' }),
    );
    expect(await response.json()).toMatchObject({ status, code });
    expect((await ask(EXPLAIN, tensorRequest({ method: 'saliency' }))).status).toBe(200);
  });
});

describe('limits of the server', () => {
  const small = appWith({ limits: { ...services.limits, maxBody: 1000 } });

  it('refuse a long body before it is decoded', async () => {
    const response = await small(EXPLAIN, tensorRequest({ method: 'saliency' }));
    expect(await response.json()).toMatchObject({ status: 413, code: 'payload_too_large', max_bytes: 1000 });
  });

  it('refuse a long body without Content-Length as soon as the limit is exceeded', async () => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 400;
        if (sent > 1e6) controller.close();
        else controller.enqueue(new Uint8Array(400));
      },
    });
    const response = await small(`${EXPLAIN}?method=saliency`, {
      method: 'POST',
      headers: { 'Content-Type': 'image/jpeg' },
      body,
    });
    expect(await response.json()).toMatchObject({ status: 413, code: 'payload_too_large' });
    expect(sent).toBeLessThan(10_000);
  });

  it('refuse a compressed body by its decompressed size', async () => {
    const body = new Blob([new Uint8Array(1e6)]).stream().pipeThrough(new CompressionStream('gzip'));
    const packed = await new Response(body).bytes();
    expect(packed.length).toBeLessThan(2000);
    const response = await appWith({ limits: { ...services.limits, maxBody: 10_000 } })(`${EXPLAIN}?method=saliency`, {
      method: 'POST',
      headers: { 'Content-Type': 'image/jpeg', 'Content-Encoding': 'gzip' },
      body: packed,
    });
    expect(await response.json()).toMatchObject({ status: 413, code: 'payload_too_large' });
  });

  it('accept a short body without Content-Length', async () => {
    const body = new Blob([imageFiles.losslessWebp]).stream();
    const response = await small(`${EXPLAIN}?method=saliency`, {
      method: 'POST',
      headers: { 'Content-Type': 'image/webp' },
      body,
    });
    expect(response.status).toBe(200);
  });

  it('refuse a run with too many samples before it starts', async () => {
    const short = appWith({ limits: { ...services.limits, maxSamples: 10 } });
    const init = tensorRequest({ method: 'integrated_gradients', n_steps: 50 }, pixels(31));
    expect(await (await short(EXPLAIN, init)).json()).toMatchObject({
      status: 422,
      code: 'budget_exceeded',
      allowed: 10,
    });
  });

  it('refuse a method that the tenant lacks, and list the enabled ones', async () => {
    const init = imageRequest(imageFiles.jpeg);
    const headers = { ...init.headers, Authorization: 'Bearer whylight-demo' } as HeadersInit;
    const refused = await ask(`${EXPLAIN}?method=occlusion`, { ...init, headers });
    expect(await refused.json()).toMatchObject({
      status: 403,
      code: 'method_not_enabled',
      method: 'occlusion',
      enabled: expect.arrayContaining(['saliency', 'grad_cam']),
    });
    expect((await ask(`${EXPLAIN}?method=grad_cam`, { ...init, headers })).status).toBe(200);
  });
});
