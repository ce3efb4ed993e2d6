/**
 * TreeSHAP on a forest of 1,000 trees of depth 8: bytes of the trees in memory, and the time of interventional Shapley
 * values beside that of Python's shap, for the same rows in one process each.
 *
 *     python bench/trees.py FOLDER && node bench/trees.ts FOLDER
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Model } from '../src/core/model/model.ts';
import { ensembleBytes } from '../src/core/trees/ensemble.ts';
import { toPrecision } from '../src/core/trees/evaluate.ts';
import { interventionalShap } from '../src/core/trees/explain.ts';
import { findTrees } from '../src/core/trees/find.ts';

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
