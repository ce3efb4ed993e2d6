import { expect, test } from 'vitest';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { countFlops } from '../../../src/core/plan/flops.ts';

test('FLOPs of a convolution are two for each weight and output, plus its bias', () => {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 3, 8, 8]);
  const w = g.constant('float32', [4, 3, 3, 3], Array(108).fill(0));
  const b = g.constant('float32', [4], [0, 0, 0, 0]);
  const y = g.op('Conv', [x, w, b], { pads: [1, 1, 1, 1] });
  const { total, unknown } = countFlops(g.build([y]));
  expect(total).toBe(2 * (4 * 64) * 27 + 4 * 64);
  expect(unknown).toEqual([]);
});

test('FLOPs are multiplied by the batch', () => {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 10]);
  const w = g.constant('float32', [10, 5], Array(50).fill(0));
  const graph = g.build([g.op('Relu', [g.op('MatMul', [x, w])])]);
  expect(countFlops(graph).total).toBe(2 * 50 + 5);
  expect(countFlops(graph, 4).total).toBe(4 * (2 * 50 + 5));
});

test('FLOPs of data movement are zero', () => {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 2, 3]);
  const graph = g.build([g.op('Transpose', [x], { perm: [0, 2, 1] })]);
  expect(countFlops(graph).total).toBe(0);
});

test('FLOPs list nodes with unknown shapes instead of guessing', () => {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 'T']);
  const graph = g.build([g.op('Relu', [x])]);
  expect(countFlops(graph)).toMatchObject({ total: 0, unknown: [graph.nodes[0]?.name] });
});
