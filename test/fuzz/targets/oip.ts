/** Requests to the app: bodies of the Open Inference Protocol and of KServe's V1, as JSON and as bytes. */
import { createApp } from '../../../src/edge/app.ts';
import { onnxruntimeNode } from '../../../src/node/onnxruntime-node.ts';
import { originServices } from '../../../src/node/origin-services.ts';
import type { Draw } from '../draw.ts';
import { mutateBytes } from '../mutate-bytes.ts';
import { jsonBytes, mutateJson } from '../mutate-json.ts';
import { FuzzFault, type FuzzTarget } from '../target.ts';

const MODEL = 'italy_power';
const PATHS = [
  `/v2/models/${MODEL}/infer`,
  `/v2/models/${MODEL}/explain`,
  `/v2/models/${MODEL}/explain/estimate`,
  `/v2/models/${MODEL}/compare`,
  `/v1/models/${MODEL}:predict`,
  `/v1/models/${MODEL}:explain`,
];
/** Statuses above 499 that say something about the request: a method that a model has no derivative for, a deadline. */
const ALLOWED = new Set([501, 504]);

const { services } = await originServices(
  { models: { [MODEL]: `models/${MODEL}` }, provider: 'cpu', runs: 1, waiting: 1, delay: 0, log: () => undefined },
  { engine: onnxruntimeNode({ threads: 1 }) },
);
const app = createApp(services);
const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };

const { model } = await services.models.trusted(MODEL, () => undefined);
const [input] = model.file.inputs;
const shape = (input?.dims ?? []).map((dim) => (typeof dim === 'number' ? dim : 1));
const data = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i % 3) - 0.5);
/** One instance of [1, 24]. */
const nested = [data];
const tensor = { name: input?.name, shape, datatype: 'FP32' };
const binary = { parameters: { binary_data_size: 4 * data.length } };
const [INFER, EXPLAIN, , COMPARE, PREDICT, EXPLAIN_V1] = PATHS.keys();
/** Content types, and if the length of a JSON header is said. */
const [JSON_BODY, , , BYTES] = [0, 1, 2, 3];
const raw = new Uint8Array(new Float32Array(data).buffer);
const encode = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const request = (path: number, kind: number, body: object, tail: Uint8Array = new Uint8Array(0)): Uint8Array =>
  Uint8Array.of(path, kind, ...encode(body), ...tail);
const explained = (parameters: object): object => ({ inputs: [{ ...tensor, data }], parameters });
const seeds = [
  request(INFER as number, JSON_BODY, { id: 'a', inputs: [{ ...tensor, data }] }),
  request(INFER as number, JSON_BODY, explained({ explain_if: 'probability < `0.8`', deadline_ms: 5000 })),
  request(
    INFER as number,
    BYTES,
    { inputs: [{ ...tensor, ...binary }], parameters: { binary_data_output: true } },
    raw,
  ),
  request(EXPLAIN as number, JSON_BODY, explained({ method: 'saliency' })),
  request(EXPLAIN as number, JSON_BODY, {
    ...explained({ method: 'occlusion', target: 0 }),
    outputs: [{ name: 'scores' }],
  }),
  request(EXPLAIN as number, BYTES, { inputs: [{ ...tensor, ...binary }], parameters: { seed: 3 } }, raw),
  request(COMPARE as number, JSON_BODY, explained({ methods: 'saliency,input_x_gradient' })),
  request(PREDICT as number, JSON_BODY, { instances: [nested] }),
  request(EXPLAIN_V1 as number, JSON_BODY, { instances: [nested], parameters: { method: 'input_x_gradient' } }),
];

/** The first byte chooses the path, the second how the body is sent. */
export default {
  id: 'oip',
  seeds,
  mutate(seed, draw) {
    const head = draw.oneIn(10) ? Uint8Array.of(draw.below(PATHS.length), draw.below(4)) : seed.subarray(0, 2);
    const body = seed.subarray(2);
    return Uint8Array.of(...head, ...(draw.oneIn(4) ? mutateBytes(body, draw, seeds) : mutated(body, draw)));
  },
  run: send,
} satisfies FuzzTarget;

/** The JSON is changed, the bytes behind it stay. */
function mutated(body: Uint8Array, draw: Draw): Uint8Array {
  const end = endOfJson(body);
  const changed = mutateJson(JSON.parse(new TextDecoder().decode(body.subarray(0, end))), draw);
  return Uint8Array.of(...jsonBytes(changed, draw), ...body.subarray(end));
}

/** End of the JSON: the raw floats of the seeds hold no closing brace. */
const endOfJson = (body: Uint8Array): number => body.lastIndexOf(0x7d) + 1;

async function send(bytes: Uint8Array): Promise<string> {
  const [path = 0, kind = 0] = bytes;
  const body = bytes.slice(2);
  const end = endOfJson(body);
  const headers: Record<string, string> = {
    'Content-Type': kind % 2 === 0 ? 'application/json' : 'application/octet-stream',
    ...(kind > 1 && { 'Inference-Header-Content-Length': String(end) }),
  };
  const url = `http://fuzz.test${PATHS[path % PATHS.length]}`;
  const response = await app.fetch(new Request(url, { method: 'POST', headers, body }), {}, context);
  const text = await response.text();
  if (response.status >= 500 && !ALLOWED.has(response.status)) {
    throw new FuzzFault(`${response.status}: ${text.slice(0, 500)}`);
  }
  if (/json/.test(response.headers.get('Content-Type') ?? '')) checkJson(text, response.status);
  return String(response.status);
}

/** @throws FuzzFault for an answer that is no JSON, or a success with a number that is none */
function checkJson(text: string, status: number): void {
  try {
    JSON.parse(text);
  } catch {
    throw new FuzzFault(`The answer is no JSON: ${text.slice(0, 200)}`);
  }
  if (status === 200 && /"data":\[(null|[^\]]*,null)/.test(text)) throw new FuzzFault('The answer has a null number.');
}
