/**
 * Number of floating point operations of a graph. A multiplication and an addition are one floating point operation each, as in
 * most published tables ("FLOPs"; the "MACs" of others are half of it). Operators that only move numbers count nothing.
 */
import { isStatic } from '../onnx/dims.ts';
import type { ShapeOf } from '../onnx/flop-counts.ts';
import type { Graph } from '../onnx/graph.ts';
import { infer } from '../onnx/infer.ts';
import { traitsOf } from '../onnx/operators.ts';
import { bindRows, type RowShapes } from './bind-rows.ts';

export interface Flops {
  readonly total: number;
  readonly byOperator: ReadonlyMap<string, number>;
  /** Nodes left out because a shape is not known before the run. */
  readonly unknown: readonly string[];
}

/**
 * @param batch rows that run at once, where the file leaves their number open
 * @param rows shapes of one row, for inputs whose dims the graph leaves open
 */
export function countFlops(graph: Graph, batch = 1, rows: RowShapes = {}): Flops {
  const byOperator = new Map<string, number>();
  const unknown: string[] = [];
  let total = 0;
  const values = infer(bindRows(graph, rows, batch));
  const shape: ShapeOf = (name) => {
    const dims = graph.constants.get(name)?.dims ?? values.get(name)?.dims;
    if (!isStatic(dims)) throw new UnknownShape();
    return dims;
  };
  for (const node of graph.nodes) {
    try {
      const flops = traitsOf(node).flops.count(node, shape);
      total += flops;
      byOperator.set(node.op, (byOperator.get(node.op) ?? 0) + flops);
    } catch (error) {
      if (!(error instanceof UnknownShape)) throw error;
      unknown.push(node.name);
    }
  }
  return { total, byOperator, unknown };
}

class UnknownShape extends Error {}
