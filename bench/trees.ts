/**
 * TreeSHAP on a forest of 1,000 trees of depth 8: bytes of the trees in memory, the time of interventional Shapley values
 * beside that of Python's shap, for the same rows in one process each, and time and memory of the Worker in workerd, its
 * heap limited as in production.
 *
 *     python bench/trees.py FOLDER && npm run bench:trees -- FOLDER
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Model } from '../src/core/model/model.ts';
import { ensembleBytes } from '../src/core/trees/ensemble.ts';
import { toPrecision } from '../src/core/trees/evaluate.ts';
import { interventionalShap } from '../src/core/trees/explain.ts';
import { findTrees } from '../src/core/trees/find.ts';
import { makeProject } from './support/project.ts';
import { bundle, type RunningWorker, startWorker } from './support/worker.ts';

const MIB = 1024 * 1024;
const RUNS = 3;

interface Reference {
  readonly rows: readonly (readonly number[])[];
  readonly background: readonly (readonly number[])[];
  readonly values: readonly (readonly number[])[];
  readonly seconds: number;
}

const [folder = '.'] = process.argv.slice(2);
const bytes = new Uint8Array(await readFile(join(folder, 'model.onnx')));
const { rows, background, values, seconds }: Reference = JSON.parse(await readFile(join(folder, 'rows.json'), 'utf8'));

const started = performance.now();
const { graph } = await Model.read({ bytes });
const { ensemble } = findTrees(graph, graph.outputs[0]?.name ?? '');
const read = performance.now() - started;
const { roots, column, depth } = ensemble;
console.log(
  `${roots.length} trees, ${column.length} nodes, depth ${depth}: file ${(bytes.length / MIB).toFixed(1)} MiB, ` +
    `in memory ${(ensembleBytes(ensemble) / MIB).toFixed(1)} MiB, read in ${read.toFixed(0)} ms`,
);

const options = {
  rows: toPrecision(ensemble, rows.flat()),
  background: toPrecision(ensemble, background.flat()),
  columns: rows[0]?.length ?? 0,
  target: [1],
  space: 'margin' as const,
};
const times: number[] = [];
let off = 0;
for (let i = 0; i < RUNS; i++) {
  const start = performance.now();
  const result = interventionalShap(ensemble, options);
  times.push((performance.now() - start) / 1000);
  off = Math.max(...values.flat().map((value, at) => Math.abs((result.values[at] as number) - value)));
}
const best = Math.min(...times);
console.log(
  `${rows.length} rows, ${background.length} background rows: ${best.toFixed(3)} s (first ${times[0]?.toFixed(3)} s), ` +
    `shap ${seconds.toFixed(3)} s: ${(best / seconds).toFixed(2)} times; largest difference ${off.toExponential(1)}`,
);

process.env.MINIFLARE_WORKERD_V8_FLAGS = '--max-heap-size=128';
const project = await makeProject({ model: join(folder, 'model.onnx'), manifest: { name: 'bench' } });
try {
  const worker = await startWorker(await bundle(project.folder), { inspected: true });
  await explainAtEdge(worker).finally(() => worker.stop());
} finally {
  await project.remove();
}

/** Explains rows one after the other in the Worker, the first of them cold. */
async function explainAtEdge({ address, heap }: RunningWorker): Promise<void> {
  let peak = 0;
  const watch = setInterval(
    () =>
      void heap?.used().then((used) => {
        peak = Math.max(peak, used);
      }),
    10,
  );
  const took: number[] = [];
  for (const [seed, row] of rows.entries()) {
    const start = performance.now();
    const answer = await fetch(`${address}/v2/models/bench/explain?method=tree_shap&seed=${seed}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(row),
    });
    if (!answer.ok) throw new Error(`The Worker answered ${answer.status}: ${await answer.text()}`);
    await answer.arrayBuffer();
    took.push(performance.now() - start);
  }
  clearInterval(watch);
  const warm = took.slice(1).sort((a, b) => a - b);
  console.log(
    `in workerd: first row ${took[0]?.toFixed(0)} ms, then ${warm[warm.length >> 1]?.toFixed(0)} ms; ` +
      `heap and buffers at most ${(peak / MIB).toFixed(0)} MiB`,
  );
}
