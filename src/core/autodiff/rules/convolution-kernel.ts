/** A convolution on the way back, and its kernel turned around. */
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { constantData, lazyConstant } from '../../onnx/constant.ts';
import type { Constant } from '../../onnx/graph.ts';
import type { Window } from '../../onnx/window.ts';

/** A convolution on the way back: its input, weights, cotangent and geometry. */
export interface Convolution {
  readonly g: GraphBuilder;
  readonly x: Value;
  readonly w: Value;
  readonly dy: Value;
  readonly window: Window;
  readonly group: number;
}

/** Kernel [M, C/g, ...k] turned around in space, channels swapped within each group: [C, M/g, ...k]. */
export function turned(g: GraphBuilder, w: Value, kernel: Constant, group: number): Value {
  const [m, c, ...space] = kernel.dims as [number, number, ...number[]];
  const type = { dtype: kernel.dtype, dims: [group * c, m / group, ...space] };
  return g.constantOf(
    lazyConstant(type, () => turnedBytes(kernel, group)),
    `turned:${w.name}:${group}`,
  );
}

function turnedBytes(kernel: Constant, group: number): Uint8Array {
  const [m, c, ...space] = kernel.dims as [number, number, ...number[]];
  const [rows, area] = [m / group, space.reduce((a, b) => a * b, 1)];
  const from = constantData(kernel) as Float32Array;
  const to = from.slice();
  for (let channel = 0; channel < group * c; channel++) {
    const first = (Math.floor(channel / c) * rows * c + (channel % c)) * area;
    // The rows innermost: there are many of them, and often just one element in a patch. Turning every axis around is
    // reading the patch backwards.
    for (let k = 0; k < area; k++) {
      let goal = channel * rows * area + k;
      let source = first + area - 1 - k;
      for (let row = 0; row < rows; row++, goal += area, source += c * area) to[goal] = from[source] as number;
    }
  }
  return new Uint8Array(to.buffer);
}
