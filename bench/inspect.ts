/**
 * Processor time of reading and inspecting models: every method is compiled. Chains of 500 to 4,000 nodes tell how it
 * grows; model files may be named.
 * @example npm run bench:inspect -- model.onnx
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { plugins } from '#plugins';
import { MethodRegistry } from '../src/core/method/registry.ts';
import { Model } from '../src/core/model/model.ts';
import { GraphBuilder } from '../src/core/onnx/builder.ts';
import { write } from '../src/core/onnx/write.ts';
import { inspect } from '../src/tools/inspect.ts';

const NODES = [500, 1000, 2000, 4000];
const CHANNELS = 8;
const KERNEL = [CHANNELS, CHANNELS, 3, 3];

const registry = new MethodRegistry(plugins);

const milliseconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Writes a residual network of blocks of five nodes. */
function chain(nodes: number): Uint8Array {
  const g = GraphBuilder.empty('chain');
  let x = g.input('x', 'float32', ['N', CHANNELS, 16, 16]);
  for (let block = 0; block < nodes / 5; block++) {
    const weights = Array.from({ length: CHANNELS * CHANNELS * 9 }, (_, i) => Math.sin(i + block));
    const convolved = g.op('Conv', [x, g.constant('float32', KERNEL, weights)], { pads: [1, 1, 1, 1] });
    const scaled = g.mul(g.op('Relu', [convolved]), g.scalar(0.5 + block / 1000));
    x = g.add(x, g.op('Sigmoid', [scaled]));
  }
  const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [x])]);
  const head = g.constant('float32', [CHANNELS, 10], Array(CHANNELS * 10).fill(0.1));
  return write(g.build([g.named(g.op('MatMul', [pooled, head]), 'y')])).graph;
}

async function measure(name: string, bytes: Uint8Array): Promise<void> {
  const start = milliseconds();
  const model = await Model.read({ bytes });
  const read = milliseconds();
  inspect(model, registry, {});
  const nodes = model.graph.nodes.length;
  const took = milliseconds() - read;
  console.log([name, nodes, (read - start).toFixed(0), took.toFixed(0), (took / nodes).toFixed(2)].join('\t'));
}

console.log('model\tnodes\tread, ms\tinspect, ms\tper node');
// The first one pays for what the engine of JavaScript has yet to compile.
await measure('warm-up', chain(NODES[0] as number));
for (const nodes of NODES) await measure(`chain of ${nodes}`, chain(nodes));
for (const path of process.argv.slice(2)) await measure(basename(path), await readFile(path));
