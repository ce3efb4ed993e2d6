/** Nodes that targets are made of. Every function takes and gives values with rows as first axis. */
import type { GraphBuilder, Value } from '../core/onnx/builder.ts';

/** One element of each row, counted row-major without the batch: `[N]`. */
export function element(g: GraphBuilder, x: Value, index: number): Value {
  const flat = g.op('Flatten', [x], { axis: 1 });
  return g.op('Gather', [flat, g.constant('int64', [], [index])], { axis: 1 });
}

/** Cosine of each row, flat, with a vector: `[N]`. Rows of zeros have the cosine 0. */
export function cosineWith(g: GraphBuilder, x: Value, vector: ArrayLike<number>): Value {
  const flat = g.op('Flatten', [x], { axis: 1 });
  const norm = Math.hypot(...Array.from(vector));
  const unit = g.constant(
    'float32',
    [1, vector.length],
    Array.from(vector, (value) => value / norm),
  );
  const product = g.reduce('ReduceSum', g.mul(flat, unit), [1], false);
  const length = g.op('Sqrt', [g.reduce('ReduceSum', g.mul(flat, flat), [1], false)]);
  return g.div(product, g.op('Max', [length, g.scalar(1e-12)]));
}
