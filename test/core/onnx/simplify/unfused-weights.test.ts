import { describe, expect, it } from 'vitest';
import { GraphBuilder, type Value } from '../../../../src/core/onnx/builder.ts';
import type { Graph } from '../../../../src/core/onnx/graph.ts';
import { unfusedWeights } from '../../../../src/core/onnx/simplify/unfused-weights.ts';
import { write } from '../../../../src/core/onnx/write.ts';
import { float32 } from '../../../../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../../../../src/node/onnxruntime-node.ts';

const [INPUTS, OUTPUTS] = [64, 32];
const WEIGHTS = Array.from({ length: INPUTS * OUTPUTS }, (_, i) => ((i * 2654435761) % 255) - 127);
const X = {
  x: float32(
    [1, INPUTS],
    Array.from({ length: INPUTS }, (_, i) => Math.sin(1.7 * i)),
  ),
};

const GRAPHS: Readonly<Record<string, (g: GraphBuilder, x: Value) => Value>> = {
  MatMul: (g, x) => {
    const weight = g.op('DequantizeLinear', [g.constant('int8', [INPUTS, OUTPUTS], WEIGHTS), g.scalar(0.02)]);
    return g.op('MatMul', [x, weight]);
  },
  'MatMul of transposed weights': (g, x) => {
    const weight = g.op('DequantizeLinear', [g.constant('int8', [OUTPUTS, INPUTS], WEIGHTS), g.scalar(0.02)]);
    return g.op('MatMul', [x, g.op('Transpose', [weight], { perm: [1, 0] })]);
  },
  Gemm: (g, x) => {
    const weight = g.op('DequantizeLinear', [g.constant('int8', [INPUTS, OUTPUTS], WEIGHTS), g.scalar(0.02)]);
    return g.op('Gemm', [x, weight]);
  },
};

function graphOf(write: (g: GraphBuilder, x: Value) => Value): Graph {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', INPUTS]);
  return g.build([g.named(write(g, x), 'y')]);
}

describe('a product of floats and dequantised weights', () => {
  it.each(Object.entries(GRAPHS))('is that of float weights: %s', async (_, write_) => {
    const graph = graphOf(write_);
    const engine = onnxruntimeNode({ threads: 1 });
    const run = async (each: Graph, unoptimised: boolean): Promise<Float32Array> => {
      const session = await engine.load({ ...write(each), unoptimised });
      return (await session.run(X)).y?.data as Float32Array;
    };
    const exact = await run(graph, true);
    const optimised = await run(unfusedWeights(graph), false);
    const scale = Math.max(...exact.map(Math.abs));
    const error = Math.max(...exact.map((value, i) => Math.abs(value - (optimised[i] as number))));
    expect(error / scale).toBeLessThan(1e-6);
  });
});

it('leaves a product of two dequantised factors as it is', () => {
  const graph = graphOf((g, x) => {
    const [step, zero] = [g.scalar(0.01), g.constant('uint8', [], [128])];
    const codes = g.op('DequantizeLinear', [g.op('QuantizeLinear', [x, step, zero]), step, zero]);
    const weight = g.op('DequantizeLinear', [g.constant('int8', [INPUTS, OUTPUTS], WEIGHTS), step]);
    return g.op('MatMul', [codes, weight]);
  });
  expect(unfusedWeights(graph)).toBe(graph);
});
