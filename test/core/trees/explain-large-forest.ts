/**
 * Predicts and explains a row by a forest on onnxruntime-web, and prints what came out and which memory it took, as JSON:
 *
 *     node test/core/trees/explain-large-forest.ts model.onnx columns
 */
import { readFile } from 'node:fs/promises';
import { onnxruntimeWeb } from '../../../src/node/onnxruntime-web.ts';
import { open } from '../../../src/package/node.ts';
import { wasmMemory } from '../../support/wasm-memory.ts';

const [path = '', columns = '0'] = process.argv.slice(2);
const row = Array.from({ length: Number(columns) }, (_, i) => Math.sin(i));
const model = await open(await readFile(path), { engine: onnxruntimeWeb() });
const [prediction] = await model.predict(row);
const explanation = await model.explain(row, { method: 'tree_shap' });
const sum = explanation.features.reduce((total, { value }) => total + value, 0);
console.log(
  JSON.stringify({
    prediction,
    score: explanation.score,
    sum,
    baseline: explanation.outcome.row.baselineScore,
    buffers: process.memoryUsage().arrayBuffers,
    wasm: wasmMemory(),
  }),
);
