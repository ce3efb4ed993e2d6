/** A server of the Open Inference Protocol over HTTP on this machine, with onnxruntime behind it, that can misbehave. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Session } from '../../src/core/engine/engine.ts';
import type { ModelBytes } from '../../src/core/onnx/model-bytes.ts';
import { read } from '../../src/core/onnx/read.ts';
import { onnxruntimeNode } from '../../src/node/onnxruntime-node.ts';
import { datatypeOf, decodeRequest, encodeResponse, HEADER_LENGTH } from '../../src/protocol/open-inference.ts';

export interface InferenceServer {
  readonly url: string;
  /** Puts a model on the server. */
  add(name: string, model: ModelBytes): Promise<void>;
  /** Bodies of the requests to infer, in order of arrival. */
  readonly bodies: Uint8Array[];
  /** The most requests that were under way at once. */
  readonly busiest: () => number;
  /** Handles the next requests to infer instead of the server, one each. */
  readonly faults: ((request: IncomingMessage, response: ServerResponse) => void)[];
  close(): Promise<void>;
}

/** @param options `jsonOnly` for a server that fails on bytes, as MLServer does */
export async function inferenceServer(options: { readonly jsonOnly?: boolean } = {}): Promise<InferenceServer> {
  const models = new Map<string, { session: Session; metadata: object }>();
  const bodies: Uint8Array[] = [];
  const faults: InferenceServer['faults'] = [];
  let [underWay, busiest] = [0, 0];

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.url === '/v2/health/ready') return void response.end('{"ready":true}');
    const [, , , name = '', action] = (request.url as string).split('/');
    const model = models.get(name);
    if (action === 'infer' && faults.length > 0) return faults.shift()?.(request, response);
    if (!model) {
      response.writeHead(404).end(JSON.stringify({ error: `no model ${name}` }));
    } else if (action !== 'infer') {
      response.end(JSON.stringify(model.metadata));
    } else {
      const body = new Uint8Array(Buffer.concat(chunks));
      bodies.push(body);
      const length = request.headers[HEADER_LENGTH.toLowerCase()];
      if (length !== undefined && options.jsonOnly) throw new Error('bytes are not understood');
      const { inputs, outputs } = decodeRequest(body, length === undefined ? body.length : Number(length));
      const wanted = outputs.length > 0 ? outputs.map((output) => output.name) : undefined;
      const results = await model.session.run(Object.fromEntries(inputs), wanted);
      const encoded = encodeResponse(
        {
          modelName: name,
          modelVersion: '1',
          parameters: {},
          outputs: Object.entries(results).map(([output, value]) => ({ name: output, value })),
        },
        () => length !== undefined,
      );
      const { headerLength } = encoded;
      const headers = headerLength === undefined ? {} : { [HEADER_LENGTH]: String(headerLength) };
      response.writeHead(200, headers).end(encoded.body);
    }
  };

  const server = createServer(async (request, response) => {
    busiest = Math.max(busiest, ++underWay);
    try {
      await answer(request, response);
    } catch (error) {
      response.writeHead(500).end(JSON.stringify({ error: (error as Error).message }));
    } finally {
      underWay -= 1;
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    add: async (name, model) => {
      models.set(name, { session: await onnxruntimeNode().load(model), metadata: metadataOf(model) });
    },
    bodies,
    busiest: () => busiest,
    faults,
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      for (const { session } of models.values()) await session.release();
    },
  };
}

function metadataOf(model: ModelBytes): object {
  const external = (path: string) => model.external?.find((file) => file.path === path)?.data;
  const { inputs, outputs } = read(model.graph, { external });
  const described = (values: typeof inputs) =>
    values.map(({ name, dtype, dims }) => ({
      name,
      datatype: datatypeOf(dtype),
      shape: (dims ?? []).map((extent) => (typeof extent === 'number' ? extent : -1)),
    }));
  return {
    name: 'test',
    versions: ['1'],
    platform: 'onnxruntime_onnx',
    inputs: described(inputs),
    outputs: described(outputs),
  };
}
