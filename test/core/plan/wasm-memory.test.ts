/** The estimate of the engine's memory against the engine. */
import { expect, it } from 'vitest';
import { COTANGENT, compile } from '../../../src/core/autodiff/compile.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import type { Graph } from '../../../src/core/onnx/graph.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { wasmBytes } from '../../../src/core/plan/memory.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { onnxruntimeWeb } from '../../../src/node/onnxruntime-web.ts';
import { wasmMemory } from '../../support/wasm-memory.ts';

/** Convolutions with Relu on an image of 64x64; wide ones have megabytes of weights. */
function model(channels: number): Graph {
  const g = GraphBuilder.empty();
  let x = g.input('x', 'float32', ['N', 3, 64, 64]);
  for (const [i, from] of [3, channels, channels].entries()) {
    const weights = new Random(1, i).normal(channels * from * 9).map((v) => v / Math.sqrt(9 * from));
    const kernel = g.constant('float32', [channels, from, 3, 3], weights);
    x = g.op('Relu', [g.op('Conv', [x, kernel], { strides: [2, 2], pads: [1, 1, 1, 1] })]);
  }
  return g.build([g.named(g.reduce('ReduceMean', x, [2, 3], false), 'y')]);
}

// Memory never shrinks, so graphs come smallest first.
it.each([
  [8, 'memory'],
  [384, 'memory'],
  [512, 'speed'],
] as const)(
  'wasmBytes is within 21 %% of the memory of the engine for %i channels, optimised for %s',
  async (channels, optimize) => {
    const graph = compile(model(channels), { scores: 'y', gradients: ['x'], optimize });
    const session = await onnxruntimeWeb().load(write(graph, { externalData: { path: 'weights.bin' } }));
    const x = float32([1, 3, 64, 64], new Random(2).normal(3 * 64 * 64));
    await session.run({ x, [COTANGENT]: float32([1, channels], new Random(3).normal(channels)) });
    const measured = wasmMemory();
    await session.release();
    expect(Math.abs(wasmBytes(graph) / measured - 1)).toBeLessThan(0.21);
  },
);
