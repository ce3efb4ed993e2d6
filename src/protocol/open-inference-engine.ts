/**
 * An engine that runs somewhere else: any server of the Open Inference Protocol (Triton, KServe, another whylight) that
 * holds the compiled graphs as models, as `whylight export triton` writes them.
 */
import { sha256Hex } from '../core/digest.ts';
import type { Engine, Session, Tensors } from '../core/engine/engine.ts';
import { WhylightError } from '../core/errors.ts';
import type { ModelBytes } from '../core/onnx/model-bytes.ts';
import { cast } from '../core/tensor/cast.ts';
import { joinRows, sliceRows } from '../core/tensor/rows.ts';
import type { DataType, Tensor } from '../core/tensor/tensor.ts';
import { connectionTo } from './inference-connection.ts';
import { DATATYPES } from './open-inference.ts';
import { decodeMetadata, type ModelMetadata } from './open-inference-client.ts';
import { InferenceSender } from './wire-form.ts';

export interface OpenInferenceOptions {
  /** Base URL, without `/v2`: `https://triton.example.com`. */
  readonly url: string;
  /** The server's name of a graph; {@link graphName} unless said otherwise. */
  readonly nameOf?: (graph: ModelBytes) => string | Promise<string>;
  /** Sent with each request: the secret of a restricted server. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes of one request; 64 MiB, Triton's own limit, unless said otherwise. Rows are divided among several requests. */
  readonly maxRequestBytes?: number;
  /** Requests under way at once; 6, what a Worker may hold, unless said otherwise. */
  readonly connections?: number;
  /** Milliseconds that one request may take; 30 000 unless said otherwise. */
  readonly timeout?: number;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

/** The name that a compiled graph has on a server: its content's. The same request compiles to the same bytes everywhere. */
export async function graphName({ graph, external = [] }: ModelBytes): Promise<string> {
  const digests = await Promise.all([graph, ...external.map(({ data }) => data)].map(sha256Hex));
  const digest = digests.length === 1 ? digests[0] : await sha256Hex(new TextEncoder().encode(digests.join()));
  return `whylight_${(digest as string).slice(0, 24)}`;
}

/** Milliseconds within which the server must report that it is ready. */
const CHECK_MS = 5_000;

/**
 * Rows are sent in portions under the server's limit, several at once; elements are cast to the types that the server
 * declares, so that a graph exported with half floats at its ends halves what travels.
 *
 * An aborted signal ends the wait for an answer. Requests only read, so what a gateway refuses (502, 503) or a connection
 * loses is asked for once more.
 */
export function openInferenceEngine({
  url,
  nameOf = graphName,
  headers = {},
  maxRequestBytes = 64 * 2 ** 20,
  connections = 6,
  timeout = 30_000,
  fetch: send = (address, init) => fetch(address, init),
}: OpenInferenceOptions): Engine {
  const ask = connectionTo({ url, headers, connections, timeout, fetch: send });
  const sender = new InferenceSender(ask);

  return {
    name: 'open-inference',
    async check() {
      await ask('/v2/health/ready', { signal: AbortSignal.timeout(CHECK_MS) });
    },
    async load(graph: ModelBytes): Promise<Session> {
      const path = `/v2/models/${encodeURIComponent(await nameOf(graph))}`;
      const metadata = decodeMetadata((await ask(path)).bytes);
      return {
        async run(feeds, fetches, { signal } = {}) {
          const rows = rowCount(feeds, metadata);
          const portions = portionsOf(feeds, metadata, rows, maxRequestBytes);
          const answers = await Promise.all(
            portions.map((portion) =>
              sender.infer(path, { inputs: portion, ...(fetches && { outputs: fetches }) }, signal),
            ),
          );
          return Object.fromEntries(
            (fetches ?? [...(answers[0] ?? new Map<string, Tensor>()).keys()]).map((name) => [
              name,
              widened(name, joinRows(answers.map((answer) => present(answer, name)))),
            ]),
          );
        },
        release: async () => undefined,
      };
    },
  };
}

/** Half floats are how numbers travel, not what the caller reads. */
const widened = (name: string, value: Tensor): Tensor =>
  value.dtype === 'float16' ? cast(inRange(name, value), 'float32') : value;

const EXPONENT = 0x7c00;

/**
 * Half floats end at 65,504: what is larger became infinite, and would become a map that looks like any other.
 * @throws WhylightError `origin_error`
 */
function inRange(name: string, value: Tensor): Tensor {
  const { data } = value;
  for (let i = 0; i < data.length; i++) {
    if (((data[i] as number) & EXPONENT) !== EXPONENT) continue;
    const message = `"${name}" holds numbers that half floats cannot: export the graphs with --wire fp32.`;
    throw new WhylightError('origin_error', message, { name });
  }
  return value;
}

/** @throws WhylightError `origin_error` for an answer without the output */
function present(answer: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const value = answer.get(name);
  if (value) return value;
  const given = [...answer.keys()];
  const message = `The inference server was asked for the output "${name}", and answered ${given.join(', ') || 'none'}.`;
  throw new WhylightError('origin_error', message, { name, given });
}

/** Rows of a batch; undefined for graphs that have none. */
function rowCount(feeds: Tensors, { inputs }: ModelMetadata): number | undefined {
  const counts = new Set(
    Object.keys(feeds).map((name) => (inputs.get(name)?.shape[0] === -1 ? feeds[name]?.dims[0] : 0)),
  );
  return counts.size === 1 && !counts.has(0) ? [...counts][0] : undefined;
}

function portionsOf(feeds: Tensors, metadata: ModelMetadata, rows: number | undefined, most: number): Tensors[] {
  const sent = Object.fromEntries(
    Object.entries(feeds).map(([name, value]) => {
      const declared = metadata.inputs.get(name);
      const dtype = declared && (DATATYPES[declared.datatype] as DataType);
      if (dtype === 'float16') return [name, inRange(name, cast(value, dtype))];
      if (dtype) return [name, cast(value, dtype)];
      const message = `The server's model takes no input "${name}", but ${[...metadata.inputs.keys()].join(', ')}.`;
      throw new WhylightError('origin_error', message, { name });
    }),
  );
  if (rows === undefined) return [sent];
  // Names, shapes and the rest of the JSON part take far less than this.
  const room = Math.max(1, most - 16 * 1024);
  const bytes = Object.values(sent).reduce((sum, { data }) => sum + data.byteLength, 0);
  const portion = Math.max(1, Math.floor((room * rows) / Math.max(bytes, 1)));
  return Array.from({ length: Math.ceil(rows / portion) }, (_, i) =>
    Object.fromEntries(
      Object.entries(sent).map(([name, value]) => [
        name,
        sliceRows(value, i * portion, Math.min(rows, (i + 1) * portion)),
      ]),
    ),
  );
}
