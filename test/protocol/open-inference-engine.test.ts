import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SessionCache } from '../../src/core/engine/session-cache.ts';
import { WhylightError } from '../../src/core/errors.ts';
import { Explainer } from '../../src/core/explainer/explainer.ts';
import { MethodRegistry } from '../../src/core/method/registry.ts';
import { GraphBuilder } from '../../src/core/onnx/builder.ts';
import { write } from '../../src/core/onnx/write.ts';
import { graphCompiler } from '../../src/core/plan/compile-variant.ts';
import { float32, type Tensor } from '../../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../../src/node/onnxruntime-node.ts';
import gradCam from '../../src/plugins/activation/grad-cam.ts';
import integratedGradients from '../../src/plugins/gradient/integrated-gradients.ts';
import occlusion from '../../src/plugins/perturbation/occlusion.ts';
import { encodeRequest } from '../../src/protocol/open-inference-client.ts';
import { graphName, openInferenceEngine } from '../../src/protocol/open-inference-engine.ts';
import { imageGraph, openGraph } from '../../src/testing/models.ts';
import { type InferenceServer, inferenceServer } from '../support/inference-server.ts';
import { denseInput, denseModel, identityModel, twoOutputsModel } from '../support/tiny-models.ts';

let server: InferenceServer;
beforeAll(async () => {
  server = await inferenceServer();
});
afterAll(() => server.close());
beforeEach(() => {
  server.bodies.length = 0;
  server.faults.length = 0;
});

/** Every graph that is asked for is put on the server under its own name. */
const engine = (options: Partial<Parameters<typeof openInferenceEngine>[0]> = {}) =>
  openInferenceEngine({
    url: server.url,
    nameOf: async (graph) => {
      const name = await graphName(graph);
      await server.add(name, graph);
      return name;
    },
    ...options,
  });

const failure = async (promise: Promise<unknown>): Promise<WhylightError> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (WhylightError.is(error)) return error;
  throw new Error(`expected a WhylightError, not ${String(error)}`);
};

describe('encodeRequest', () => {
  it('writes the bytes of the binary tensor extension', () => {
    const { body, headerLength } = encodeRequest({
      id: 'a',
      inputs: { x: float32([1, 2], [1, -2]), k: { dtype: 'int64', dims: [1], data: BigInt64Array.of(-1n) } as Tensor },
      outputs: ['y'],
    });
    const json =
      '{"id":"a","parameters":{"binary_data_output":true},"inputs":[' +
      '{"name":"x","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}},' +
      '{"name":"k","shape":[1],"datatype":"INT64","parameters":{"binary_data_size":8}}],' +
      '"outputs":[{"name":"y","parameters":{"binary_data":true}}]}';
    expect(new TextDecoder().decode(body.subarray(0, headerLength)).trimEnd()).toBe(json);
    expect(headerLength % 8).toBe(0);
    expect([...body.subarray(headerLength)]).toEqual([
      ...[0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0],
      ...[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ]);
  });
});

describe('openInferenceEngine', () => {
  it('gives the results of the engine behind the server', async () => {
    const model = denseModel(16);
    const x = denseInput(16, 3, 5);
    const local = await onnxruntimeNode().load(model);
    const remote = await engine().load(model);
    expect(await remote.run({ x })).toEqual(await local.run({ x }));
  });

  it('asks a server that fails on bytes in JSON, from the second request on at once', async () => {
    const jsonServer = await inferenceServer({ jsonOnly: true });
    const model = denseModel(16);
    await jsonServer.add(await graphName(model), model);
    const remote = await openInferenceEngine({ url: jsonServer.url }).load(model);
    const x = denseInput(16, 3, 5);
    const local = await (await onnxruntimeNode().load(model)).run({ x });
    expect(await remote.run({ x })).toEqual(local);
    expect(await remote.run({ x }, Object.keys(local))).toEqual(local);
    expect(jsonServer.bodies).toHaveLength(3);
    await jsonServer.close();
  });

  it('reports the refusal of the bytes where JSON is refused as well', async () => {
    const model = denseModel(16);
    const refuse = (text: string) => (_: unknown, response: ServerResponse) =>
      void response.writeHead(400).end(JSON.stringify({ error: text }));
    server.faults.push(refuse('no bytes'), refuse('no JSON'));
    const remote = await engine().load(model);
    const { cause } = await failure(remote.run({ x: denseInput(16, 1, 5) }));
    expect(cause).toMatchObject({ message: expect.stringContaining('no bytes') });
  });

  it('fetches the requested outputs only', async () => {
    const session = await engine().load(twoOutputsModel());
    const answer = await session.run({ x: float32([1, 2], [1, 2]) }, ['z']);
    expect(answer).toEqual({ z: float32([1, 2], [2, 4]) });
  });

  it('splits a batch into concurrent requests below the size limit', async () => {
    const x = denseInput(64, 1, 300);
    const session = await engine({ maxRequestBytes: 16 * 1024 + 64 * 4 * 20, connections: 3 }).load(denseModel(64));
    const whole = await onnxruntimeNode().load(denseModel(64));
    const { y } = await session.run({ x });
    expect(y?.dims).toEqual([300, 64]);
    const expected = (await whole.run({ x })).y as Tensor<'float32'>;
    expect(
      Math.max(...(y as Tensor<'float32'>).data.map((v, i) => Math.abs(v - (expected.data[i] as number)))),
    ).toBeLessThan(1e-4);
    expect(server.bodies).toHaveLength(15);
    expect(server.bodies.every(({ byteLength }) => byteLength <= 16 * 1024 + 64 * 4 * 20)).toBe(true);
    expect(server.busiest()).toBeGreaterThan(1);
    expect(server.busiest()).toBeLessThanOrEqual(3);
  });

  it('sends float16 to a server that declares it, and returns float32', async () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float16', ['N', 2]);
    const graph = write(g.build([g.named(g.add(x, g.constant('float16', [], [1])), 'y')]));
    const session = await engine().load(graph);
    expect(await session.run({ x: float32([1, 2], [1, 0.5]) })).toEqual({ y: float32([1, 2], [2, 1.5]) });
    const [body] = server.bodies as [Uint8Array];
    const json =
      '{"parameters":{"binary_data_output":true},"inputs":[{"name":"x","shape":[1,2],"datatype":"FP16","parameters":{"binary_data_size":4}}]}';
    // 1 is sign 0, exponent 01111, fraction 0; 0.5 has the exponent 01110; the lower byte comes first.
    expect([...body]).toEqual([
      ...new TextEncoder().encode(json.padEnd(Math.ceil(json.length / 8) * 8)),
      0x00,
      0x3c,
      0x00,
      0x38,
    ]);
  });

  it('rounds float32 to the nearest float16, ties to even', async () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float16', ['N', 4]);
    const session = await engine().load(write(g.build([g.named(x, 'y')])));
    // 2049 and 2051 lie between two half floats each; 2^-24 is the least above zero.
    const { y } = await session.run({ x: float32([1, 4], [2049, 2051, 65_504, 2 ** -24]) });
    expect(y).toEqual(float32([1, 4], [2048, 2052, 65_504, 2 ** -24]));
    expect([...(server.bodies[0] as Uint8Array).slice(-8)]).toEqual([0, 0x68, 2, 0x68, 0xff, 0x7b, 1, 0]);
  });

  it('refuses inputs and outputs beyond the range of float16', async () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float16', ['N', 1]);
    const session = await engine().load(write(g.build([g.named(g.mul(x, g.constant('float16', [], [2])), 'y')])));
    for (const [value, name] of [
      [70_000, 'x'],
      [-70_000, 'x'],
      [40_000, 'y'],
    ] as const) {
      const error = await failure(session.run({ x: float32([1, 1], [value]) }));
      expect([error.code, error.details, error.message]).toEqual([
        'origin_error',
        { name },
        expect.stringMatching(/fp32/),
      ]);
    }
    expect(server.bodies).toHaveLength(1);
  });

  it('explains with the same values as a local engine', async () => {
    const model = await openGraph(imageGraph());
    const methods = new MethodRegistry([{ method: integratedGradients }, { method: gradCam }, { method: occlusion }]);
    const request = {
      inputs: {
        image: float32(
          [1, 3, 8, 8],
          Array.from({ length: 192 }, (_, i) => Math.sin(i)),
        ),
      },
    };
    const [near, far] = [onnxruntimeNode(), engine()].map(
      (used) => new Explainer({ compiler: graphCompiler, engine: used, sessions: new SessionCache(2 ** 24), methods }),
    ) as [Explainer, Explainer];
    for (const method of methods.ids) {
      const [here, there] = [
        await near.explain(model, { ...request, method }),
        await far.explain(model, { ...request, method }),
      ];
      expect(there.engine).toBe('open-inference');
      expect(there.rows[0]?.target).toEqual(here.rows[0]?.target);
      expect(there.rows[0]?.values).toEqual(here.rows[0]?.values);
    }
  });
});

describe('openInferenceEngine with a failing server', () => {
  const x = float32([1, 2], [1, 2]);
  type Fault = InferenceServer['faults'][number];
  const lose: Fault = (request) => request.socket.destroy();
  const refuse =
    (status: number, body = '{"error":"busy"}'): Fault =>
    (_, response) =>
      response.writeHead(status).end(body);

  it('retries once after 502, 503 and a lost connection', async () => {
    const session = await engine().load(identityModel());
    for (const fault of [refuse(503), refuse(502), lose]) {
      server.faults.push(fault);
      expect(await session.run({ x })).toEqual({ y: x });
      expect(server.faults).toHaveLength(0);
    }
  });

  it('answers origin_unavailable when the retry fails', async () => {
    const session = await engine().load(identityModel());
    server.faults.push(refuse(503), refuse(503));
    const error = await failure(session.run({ x }));
    expect(error.code).toBe('origin_unavailable');
    expect(error.message).not.toContain('busy');
    expect(error.cause).toMatchObject({ message: expect.stringContaining('busy') });
  });

  it('does not retry a request that the server refused with 400 once it has taken bytes', async () => {
    const session = await engine().load(identityModel());
    await session.run({ x });
    server.bodies.length = 0;
    server.faults.push(refuse(400, '{"error":"unexpected shape"}'));
    const error = await failure(session.run({ x }));
    expect(error).toMatchObject({ code: 'origin_error', details: { upstream_status: 400 } });
    expect(error.message).not.toContain('unexpected shape');
    expect(error.cause).toMatchObject({ message: expect.stringContaining('unexpected shape') });
    expect(server.bodies).toHaveLength(0);
  });

  it('answers origin_timeout when the server does not respond', async () => {
    const session = await engine({ timeout: 200 }).load(identityModel());
    server.faults.push(() => undefined);
    expect((await failure(session.run({ x }))).code).toBe('origin_timeout');
  });

  it.each([
    ['text that is not JSON', 'pardon?'],
    ['no outputs', '{"model_name":"m"}'],
    ['other outputs', '{"outputs":[{"name":"zz","datatype":"FP32","shape":[1,2],"data":[1,2]}]}'],
    ['a shape that contradicts the data', '{"outputs":[{"name":"y","datatype":"FP32","shape":[1,2],"data":[1]}]}'],
  ])('answers origin_error when the server returns %s', async (_, body) => {
    const session = await engine().load(identityModel());
    server.faults.push(refuse(200, body));
    expect((await failure(session.run({ x }, ['y']))).code).toBe('origin_error');
  });

  it('names the export command when the server lacks the graph', async () => {
    const error = await failure(openInferenceEngine({ url: server.url }).load(denseModel(3)));
    expect(error.code).toBe('origin_error');
    expect(error.message).toContain('whylight export triton');
  });

  it('answers origin_unavailable when the connection is refused', async () => {
    const error = await failure(openInferenceEngine({ url: 'http://127.0.0.1:9' }).load(identityModel()));
    expect(error.code).toBe('origin_unavailable');
  });

  it.each([
    [429, 'overloaded', '17', 17],
    [503, 'origin_unavailable', '17', 17],
    [503, 'origin_unavailable', undefined, 1],
    [429, 'overloaded', new Date(Date.now() - 60_000).toUTCString(), 1],
    [429, 'overloaded', '999999', 3600],
  ])('answers a %i with %s, and Retry-After %s as %i seconds', async (status, code, header, seconds) => {
    const session = await engine().load(identityModel());
    const busy: Fault = (_, response) =>
      response.writeHead(status, header === undefined ? {} : { 'Retry-After': header }).end('{"error":"busy"}');
    server.faults.push(busy, busy);
    expect(await failure(session.run({ x }))).toMatchObject({ code, details: { retry_after: seconds } });
    // The server said when to come back, so it is not asked again before.
    expect(server.faults.splice(0)).toHaveLength(header === undefined ? 0 : 1);
  });

  it('retries an answer that is cut off, and answers origin_error when that is cut off as well', async () => {
    const cutOff: Fault = (_, response) => {
      response.writeHead(200, { 'Content-Length': '1000' }).write('{"outputs":[', () => response.destroy());
    };
    const session = await engine().load(identityModel());
    server.faults.push(cutOff);
    expect(await session.run({ x })).toEqual({ y: x });
    server.faults.push(cutOff, cutOff);
    expect(await failure(session.run({ x }))).toMatchObject({ code: 'origin_error', message: /cut off/ });
  });

  it('names no address, and no text that is not an error of the protocol, in messages', async () => {
    const session = await engine().load(identityModel());
    server.faults.push(lose, lose);
    const lost = await failure(session.run({ x }));
    const page500 = refuse(500, '<html>upstream 10.1.2.3:8001 failed</html>');
    server.faults.push(page500, page500);
    const page = await failure(session.run({ x }));
    for (const { message, details } of [lost, page]) {
      expect(message + JSON.stringify(details)).not.toMatch(/127\.0\.0\.1|10\.1\.2\.3|http:/);
    }
    expect((lost.cause as Error).message).toContain(server.url);
    expect((page.cause as Error).message).toContain('10.1.2.3');
  });

  it('ends the wait for an answer when the signal is aborted, also for requests that wait in line', async () => {
    const session = await engine({ connections: 1 }).load(identityModel());
    const { signal, abort } = controller();
    server.faults.push(() => abort(new WhylightError('deadline_exceeded', 'Too late.')));
    const [underWay, inLine] = [session.run({ x }, undefined, { signal }), session.run({ x }, undefined, { signal })];
    const errors = Promise.all([failure(underWay), failure(inLine)]);
    expect((await errors).map(({ code }) => code)).toEqual(['deadline_exceeded', 'deadline_exceeded']);
    expect(await session.run({ x })).toEqual({ y: x });
  });

  it('checks whether the server is ready', async () => {
    await expect(engine().check?.()).resolves.toBeUndefined();
    const gone = openInferenceEngine({ url: 'http://127.0.0.1:9' });
    expect((await failure(gone.check?.() as Promise<unknown>)).code).toBe('origin_unavailable');
  });
});

function controller() {
  const made = new AbortController();
  return { signal: made.signal, abort: (reason: unknown) => made.abort(reason) };
}
