import { describe, expect, it } from 'vitest';
import { GraphBuilder, type Value } from '../../../../src/core/onnx/builder.ts';
import type { Graph } from '../../../../src/core/onnx/graph.ts';
import { unsignedWeights } from '../../../../src/core/onnx/simplify/unsigned-weights.ts';
import { write } from '../../../../src/core/onnx/write.ts';
import { float32 } from '../../../../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../../../../src/node/onnxruntime-node.ts';

/** Two products with 255 that do not fit in 16 bits: 255 * (127 + 120). */
const WEIGHTS = [127, 120, -100, 90, -128, 1, 64, -3];

interface Operands {
  readonly g: GraphBuilder;
  /** Codes of x, [N, 4], uint8, in steps of 1 / 255. */
  readonly codes: Value;
  readonly step: Value;
  readonly none: Value;
  readonly weights: (dims: readonly number[], values?: readonly number[]) => Value;
}

const asFloat = (g: GraphBuilder, x: Value): Value => g.op('Cast', [x], { to: 1 });

function product(write: (operands: Operands) => Value): Graph {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 4]);
  const [step, none] = [g.scalar(1 / 255), g.constant('uint8', [], [0])];
  const codes = g.op('QuantizeLinear', [x, step, none]);
  const weights: Operands['weights'] = (dims, values = WEIGHTS) => g.constant('int8', dims, values);
  return g.build([g.named(write({ g, codes, step, none, weights }), 'y')]);
}

const GRAPHS: Readonly<Record<string, Graph>> = {
  'MatMulInteger without zero points': product(({ g, codes, weights }) =>
    asFloat(g, g.op('MatMulInteger', [codes, weights([4, 2])])),
  ),
  'MatMulInteger with a zero point for each column': product(({ g, codes, none, weights }) =>
    asFloat(g, g.op('MatMulInteger', [codes, weights([4, 2]), none, g.constant('int8', [2], [3, -9])])),
  ),
  ConvInteger: product(({ g, codes, weights }) =>
    asFloat(g, g.op('ConvInteger', [g.reshape(codes, [-1, 4, 1]), weights([2, 4, 1])])),
  ),
  QLinearMatMul: product(({ g, codes, step, none, weights }) => {
    const [scale, zero] = [g.scalar(0.05), g.constant('uint8', [], [100])];
    const y = g.op('QLinearMatMul', [
      codes,
      step,
      none,
      weights([4, 2]),
      step,
      g.constant('int8', [], [0]),
      scale,
      zero,
    ]);
    return g.op('DequantizeLinear', [y, scale, zero]);
  }),
  'QLinearConv with a scale for each channel': product(({ g, codes, step, none, weights }) => {
    const [scale, zero] = [g.scalar(0.05), g.constant('uint8', [], [100])];
    const [scales, zeros] = [g.constant('float32', [2], [0.01, 0.02]), g.constant('int8', [2], [0, 0])];
    const image = g.reshape(codes, [-1, 4, 1, 1]);
    const y = g.op('QLinearConv', [image, step, none, weights([2, 4, 1, 1]), scales, zeros, scale, zero]);
    return g.op('DequantizeLinear', [y, scale, zero]);
  }),
  'MatMul of two dequantised factors': product(({ g, codes, step, none, weights }) => {
    const turned = g.op('Transpose', [g.op('DequantizeLinear', [weights([2, 4]), step])], { perm: [1, 0] });
    return g.op('MatMul', [g.op('DequantizeLinear', [codes, step, none]), turned]);
  }),
};

const typesOf = ({ constants }: Graph): string[] => [...constants.values()].map(({ dtype }) => dtype);

describe('weights of int8 whose products could overflow 16 bits', () => {
  it.each(Object.entries(GRAPHS))('become uint8 in %s without changing a number', async (_, graph) => {
    const unsigned = unsignedWeights(graph);
    expect(typesOf(graph)).toContain('int8');
    expect(typesOf(unsigned)).not.toContain('int8');
    const engine = onnxruntimeNode({ threads: 1 });
    // Without optimisation nothing is fused, so that this machine's processor has no part in what is right.
    const rows = { x: float32([2, 4], [1, 1, 0.25, 0.5, 0.1, 0.9, 1, 0]) };
    const [before, after] = await Promise.all(
      [graph, unsigned].map(
        async (each) => (await (await engine.load({ ...write(each), unoptimised: true })).run(rows)).y,
      ),
    );
    expect(after?.dims).toEqual(before?.dims);
    expect(after?.data).toEqual(before?.data);
  });
});

it('leaves int8 weights of a reduced range as they are', () => {
  const graph = product(({ g, codes, weights }) =>
    asFloat(g, g.op('MatMulInteger', [codes, weights([4, 2], [64, -64, 1, 2, 3, 4, 5, 6])])),
  );
  expect(unsignedWeights(graph)).toBe(graph);
});

it('leaves int8 weights beside int8 activations as they are', () => {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 4]);
  const codes = g.op('QuantizeLinear', [x, g.scalar(0.01), g.constant('int8', [], [0])]);
  const y = g.op('MatMulInteger', [codes, g.constant('int8', [4, 2], WEIGHTS)]);
  const graph = g.build([g.named(asFloat(g, y), 'y')]);
  expect(unsignedWeights(graph)).toBe(graph);
});

it('leaves a dequantised weight beside float activations as it is', () => {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 4]);
  const weight = g.op('DequantizeLinear', [g.constant('int8', [4, 2], WEIGHTS), g.scalar(0.01)]);
  const graph = g.build([g.named(g.op('MatMul', [x, weight]), 'y')]);
  expect(unsignedWeights(graph)).toBe(graph);
});
