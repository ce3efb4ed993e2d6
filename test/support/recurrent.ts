/** Graphs with recurrent layers, whose gradients are long. */
import { GraphBuilder } from '../../src/core/onnx/builder.ts';
import type { Graph } from '../../src/core/onnx/graph.ts';

/** An RNN over `steps` steps, from `x` [N, steps, 2] to `scores` [N, 3]; its gradient is unrolled. */
export function recurrent(steps: number): Graph {
  const g = GraphBuilder.empty('recurrent');
  const x = g.input('x', 'float32', ['N', steps, 2]);
  const w = g.constant('float32', [1, 3, 2], [1, 2, 3, 4, 5, 6]);
  const r = g.constant('float32', [1, 3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1]);
  const [, last] = g.ops('RNN', [g.transpose(x, [1, 0, 2]), w, r], { hidden_size: 3 }, 2);
  return g.build([g.named(g.op('Squeeze', [last, g.ints([0])]), 'scores')]);
}
