import { expect, test } from 'vitest';
import { COTANGENT, compile, gradientName } from '../../../src/core/autodiff/compile.ts';
import { GraphBuilder, type Value } from '../../../src/core/onnx/builder.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { tensor } from '../../../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../../../src/node/onnxruntime-node.ts';
import { onnxruntimeWeb } from '../../../src/node/onnxruntime-web.ts';

const [TINY, BELOW_6] = [2 ** -126, 6 - 2 ** -21];

/** Values on the bounds, next to them, and far from them. */
const VALUES = [-5, -TINY, 0, TINY, 0.5, BELOW_6, 6, 6.5, 1e30, 1] as const;

const clip = (low?: number, high?: number) => (g: GraphBuilder, x: Value) =>
  g.op('Clip', [x, low === undefined ? undefined : g.scalar(low), high === undefined ? undefined : g.scalar(high)]);

/** Activations, and where their derivative is 1. */
const ACTIVATIONS: readonly [string, (g: GraphBuilder, x: Value) => Value, (x: number) => boolean][] = [
  ['Relu', (g, x) => g.op('Relu', [x]), (x) => x > 0],
  ['Clip from 0 to 6', clip(0, 6), (x) => x > 0 && x < 6],
  ['Clip from -1 to 1', clip(-1, 1), (x) => x > -1 && x < 1],
  ['Clip with a lower bound alone', clip(0.5), (x) => x > 0.5],
  ['Clip with an upper bound alone', clip(undefined, 0.5), (x) => x < 0.5],
  ['Clip to a narrow range', clip(0, 1e-30), (x) => x > 0 && x < Math.fround(1e-30)],
  ['Clip with bounds in the wrong order', clip(6, 0), () => false],
  ['Clip to the range of a float', clip(-3.4028234663852886e38, 6), (x) => x < 6],
];

/** Rows of values, and of as many maps of them as native kernels keep in a block of channels. */
const SHAPES = [
  ['rows', 1, ['N', VALUES.length]],
  ['maps', 16, ['N', 16, 2, VALUES.length / 2]],
] as const;

for (const [engineName, engine] of [
  ['onnxruntime-node', onnxruntimeNode({ threads: 1 })],
  ['onnxruntime-web', onnxruntimeWeb()],
] as const) {
  for (const optimize of ['memory', 'speed'] as const) {
    test.each(
      SHAPES.flatMap((shape) => ACTIVATIONS.map((activation) => [shape[0], activation[0], shape, activation] as const)),
    )(
      `over %s, the derivative of %s is 1 between its bounds and 0 on them (${engineName}, ${optimize})`,
      async (...[, , [, copies, dims], [, activation, passes]]) => {
        const g = GraphBuilder.empty();
        const x = g.input('x', 'float32', dims);
        const graph = g.build([g.named(activation(g, x), 'y')]);
        const session = await engine.load(
          write(compile(graph, { scores: 'y', gradients: ['x'], topClass: false, optimize })),
        );
        const all = Array.from({ length: copies }, () => VALUES).flat();
        const shape = [1, ...dims.slice(1).map(Number)];
        const { [gradientName('x')]: gradient } = await session.run({
          x: tensor('float32', shape, all),
          [COTANGENT]: tensor(
            'float32',
            shape,
            all.map((_, i) => i + 1),
          ),
        });
        await session.release();
        expect(Array.from(gradient?.data as Float32Array, (value) => value + 0)).toEqual(
          all.map((value, i) => (passes(value) ? i + 1 : 0)),
        );
      },
    );
  }
}
