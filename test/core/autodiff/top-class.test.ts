import { expect, test } from 'vitest';
import { COTANGENT, compile, gradientName } from '../../../src/core/autodiff/compile.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { type DataType, tensor } from '../../../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../../../src/node/onnxruntime-node.ts';
import { onnxruntimeWeb } from '../../../src/node/onnxruntime-web.ts';

/** Rows of scores; the first two have equal maxima. */
const SCORES = [
  [2, 5, 5],
  [-1, -1, -1],
  [0, -3, 7],
];

const FORMS: readonly [string, DataType, readonly number[]][] = [
  ['[N, 3]', 'float32', [3]],
  ['[N, 3, 1, 1]', 'float32', [3, 1, 1]],
  ['[N, 3] in double precision', 'float64', [3]],
];

for (const [engineName, engine] of [
  ['onnxruntime-node', onnxruntimeNode({ threads: 1 })],
  ['onnxruntime-web', onnxruntimeWeb()],
] as const) {
  for (const optimize of ['memory', 'speed'] as const) {
    test.each(FORMS)(
      `a cotangent of zeros stands for the first of the highest scores %s (${engineName}, ${optimize})`,
      async (_, dtype, dims) => {
        const g = GraphBuilder.empty();
        const x = g.input('x', dtype, ['N', ...dims]);
        const graph = g.build([g.named(g.op('Abs', [g.add(x, g.number(10, x))]), 'y')]);
        const session = await engine.load(write(compile(graph, { scores: 'y', gradients: ['x'], optimize })));
        const rows = [SCORES.length, ...dims];
        const given = [0, 0, 0, 0, 0, 0, 4, 0, -2];
        const { [gradientName('x')]: gradient } = await session.run({
          x: tensor(dtype, rows, SCORES.flat()),
          [COTANGENT]: tensor(dtype, rows, given),
        });
        await session.release();
        expect(Array.from(gradient?.data as Float32Array)).toEqual([0, 1, 0, 1, 0, 0, 4, 0, -2]);
      },
    );
  }
}
