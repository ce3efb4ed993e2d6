import { expect, it } from 'vitest';
import { GraphBuilder } from '../../../../src/core/onnx/builder.ts';
import { unsignedActivations } from '../../../../src/core/onnx/simplify/unsigned-activations.ts';
import { write } from '../../../../src/core/onnx/write.ts';
import { float32 } from '../../../../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../../../../src/node/onnxruntime-node.ts';

/** Codes of int8 that are transposed before they become numbers again. */
function quantised() {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 2, 3]);
  const [scale, zero] = [g.scalar(0.5), g.constant('int8', [], [-3])];
  const codes = g.op('Transpose', [g.op('QuantizeLinear', [x, scale, zero])], { perm: [0, 2, 1] });
  return g.build([g.named(g.op('DequantizeLinear', [codes, scale, zero]), 'y')]);
}

it('turns int8 codes into uint8 behind a Transpose, too, without changing a number', async () => {
  const graph = quantised();
  const unsigned = unsignedActivations(graph);
  const zeros = unsigned.nodes.filter(({ op }) => op.endsWith('Linear')).map(({ inputs }) => inputs[2] as string);
  expect(zeros.map((name) => unsigned.constants.get(name)?.dtype)).toEqual(['uint8', 'uint8']);
  const engine = onnxruntimeNode({ threads: 1 });
  const rows = { x: float32([1, 2, 3], [-70, -1.2, 0, 0.3, 5, 80]) };
  const [before, after] = await Promise.all(
    [graph, unsigned].map(async (each) => (await (await engine.load(write(each))).run(rows)).y?.data),
  );
  expect([...(after as Float32Array)]).toEqual([...(before as Float32Array)]);
});

it('turns int8 codes into uint8 on both sides of a quantised convolution', async () => {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 2, 3]);
  const [scale, zero] = [g.scalar(0.5), g.constant('int8', [], [-3])];
  const codes = g.op('QuantizeLinear', [g.op('Transpose', [x], { perm: [0, 2, 1] }), scale, zero]);
  const [kernel, step, none] = [
    g.constant('int8', [2, 3, 1], [1, -2, 3, 4, 5, -6]),
    g.scalar(0.1),
    g.constant('int8', [], [0]),
  ];
  const convolved = g.op('QLinearConv', [codes, scale, zero, kernel, step, none, scale, zero]);
  const graph = g.build([
    g.named(g.op('Transpose', [g.op('DequantizeLinear', [convolved, scale, zero])], { perm: [0, 2, 1] }), 'y'),
  ]);
  const unsigned = unsignedActivations(graph);
  const conv = unsigned.nodes.find(({ op }) => op === 'QLinearConv');
  const types = [2, 5, 7].map((at) => unsigned.constants.get(conv?.inputs[at] ?? '')?.dtype);
  expect(types).toEqual(['uint8', 'int8', 'uint8']);
  const session = await onnxruntimeNode({ threads: 1 }).load(write(unsigned));
  const { y } = await session.run({ x: float32([1, 2, 3], [1, 2, 3, -4, 5, -6]) });
  // By hand: 0.6, -0.4, -3.2 and 4.5, in steps of a half.
  expect(y?.data).toEqual(Float32Array.from([0.5, -0.5, -3, 4.5]));
});
