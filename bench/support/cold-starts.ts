/** First answers of fresh processes, in turns with onnxruntime's own first run of the same graph. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OPTIMIZE } from '../../src/core/explainer/prepare.ts';
import { parseManifest } from '../../src/core/model/manifest.ts';
import { Model } from '../../src/core/model/model.ts';
import { write } from '../../src/core/onnx/write.ts';
import { compileVariant } from '../../src/core/plan/compile-variant.ts';
import { resolveNeeds } from '../../src/core/plan/variant.ts';
import { type Answered, post } from './ask.ts';
import type { Project } from './project.ts';
import { type Bundle, bundle, startWorker, type WorkerOptions } from './worker.ts';

const NS_PER_MS = 1e6;
/** Bytes of an asset; the platform takes at most 25 MiB. */
const PART = 20 * 2 ** 20;

/** A Worker that has nothing but onnxruntime, and what to ask it: the graph that saliency runs, on one row. */
export interface EngineRun {
  readonly bare: Bundle;
  readonly path: string;
  readonly row: Uint8Array<ArrayBuffer>;
  /** Name and shape of the model's own input. */
  readonly input: readonly [name: string, dims: readonly number[]];
}

/** @param file the model, of which the engine gets the compiled gradient */
export async function engineRun(project: Project, file: string, name: string): Promise<EngineRun> {
  const model = await Model.read({ bytes: new Uint8Array(readFileSync(file)), manifest: parseManifest({ name }) });
  const graph = compileVariant(model, resolveNeeds({ gradients: 'sources' }, model.info()), OPTIMIZE);
  const bytes = write(graph).graph;
  const parts = Array.from({ length: Math.ceil(bytes.length / PART) }, (_, i) => `/bare.${i}.onnx`);
  for (const [i, part] of parts.entries()) {
    await writeFile(join(project.folder, 'generated/assets', part), bytes.subarray(i * PART, (i + 1) * PART));
  }
  const dims = graph.inputs.map(
    (input) => [input.name, [1, ...(input.dims ?? []).slice(1).map(Number)]] as [string, number[]],
  );
  const size = dims.reduce((sum, [, extents]) => sum + extents.reduce((a, b) => a * b), 0);
  const bare = await bundle(project.folder, 'bench/workers/bare.toml');
  const row = new Uint8Array(Float32Array.from({ length: size }, (_, i) => Math.sin(i)).buffer);
  const asked = new URLSearchParams([
    ...parts.map((part) => ['graph', part]),
    ['dims', JSON.stringify(Object.fromEntries(dims))],
  ]);
  return { bare, path: `/run?${asked}`, row, input: dims[0] as [string, number[]] };
}

/** One kind of first answer. */
export interface Asked {
  readonly title: string;
  readonly from: Bundle;
  readonly options?: WorkerOptions;
  /** Sends the request; throws where the answer is none. */
  readonly ask: (address: string) => Promise<Answered>;
}

/** The first run of onnxruntime alone. */
export const engineAsked = ({ bare, path, row }: EngineRun): Asked => ({
  title: "onnxruntime's own",
  from: bare,
  ask: (address) => post(`${address}${path}`, {}, row),
});

/** A row of the model's input as bytes, in the Open Inference Protocol. */
export function tensorAsked(from: Bundle, path: string, { row, input: [name, shape] }: EngineRun): Asked {
  const data = row.subarray(0, 4 * shape.reduce((a, b) => a * b));
  const input = { name, shape, datatype: 'FP32', parameters: { binary_data_size: data.length } };
  const head = new TextEncoder().encode(JSON.stringify({ inputs: [input] }));
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Inference-Header-Content-Length': `${head.length}`,
    Accept: 'application/octet-stream',
    'Cache-Control': 'no-store',
  };
  const body = new Uint8Array(Buffer.concat([head, data]));
  return { title: 'tensor', from, ask: (address) => post(`${address}${path}`, headers, body) };
}

/** First answers of one kind. */
export interface ColdTimes {
  readonly title: string;
  /** Milliseconds from the request to the answer. */
  readonly wall: readonly number[];
  /** Milliseconds of processor time of workerd from the request to the answer. Linux only. */
  readonly cpu: readonly number[];
  /** Milliseconds of processor time of workerd before the request: all of its services are started then. */
  readonly start: readonly number[];
}

/** Asks each kind in turns, each time in a fresh process. */
export async function coldTimes(kinds: readonly Asked[], starts: number): Promise<ColdTimes[]> {
  const times = kinds.map(({ title }) => ({
    title,
    wall: [] as number[],
    cpu: [] as number[],
    start: [] as number[],
  }));
  for (let i = 0; i < starts; i++) {
    for (const [k, { from, options, ask }] of kinds.entries()) {
      const worker = await startWorker(from, options);
      try {
        const before = (await worker.processorTime()) / NS_PER_MS;
        const { status, wall, body } = await ask(worker.address);
        if (status !== 200) throw new Error(`Answered ${status}: ${body.subarray(0, 500)}`);
        times[k]?.wall.push(wall);
        times[k]?.cpu.push((await worker.processorTime()) / NS_PER_MS - before);
        times[k]?.start.push(before);
      } finally {
        await worker.stop();
      }
    }
  }
  return times;
}
