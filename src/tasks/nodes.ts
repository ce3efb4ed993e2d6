/** Nodes that targets are made of. Every function takes and gives values with rows as first axis. */
import type { GraphBuilder, Value } from '../core/onnx/builder.ts';

/** Each row as a flat vector of length 1, `[N, elements]`; a row of zeros stays one. */
export function unitRows(g: GraphBuilder, x: Value): Value {
  const flat = g.op('Flatten', [x], { axis: 1 });
  const length = g.op('Sqrt', [g.reduce('ReduceSum', g.mul(flat, flat), [1])]);
  return g.div(flat, g.op('Max', [length, g.number(1e-12, length)]));
}

/** Rows of several tensors side by side, `[N, elements of all]`. */
export const sideBySide = (g: GraphBuilder, all: readonly Value[]): Value =>
  g.op(
    'Concat',
    all.map((value) => g.op('Flatten', [value], { axis: 1 })),
    { axis: 1 },
  );
