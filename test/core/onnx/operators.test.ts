import { describe, expect, it } from 'vitest';
import { decompositions } from '../../../src/core/autodiff/decompose/index.ts';
import { gradientRules } from '../../../src/core/autodiff/rules/index.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { isKnownOperator } from '../../../src/core/onnx/infer.ts';
import { hasTraits, OPERATOR_ROWS, operatorsWhere, traitsOf, weightsOf } from '../../../src/core/onnx/operators.ts';
import { countFlops } from '../../../src/core/plan/flops.ts';

const listed = OPERATOR_ROWS.flatMap(([domain, operators]) => operators.split(' ').map((op) => ({ op, domain })));

describe('operator traits', () => {
  it('cover every operator that has a rule or a decomposition', () => {
    const differentiated = [...gradientRules, ...decompositions.values()];
    const missing = differentiated.filter(({ op, domain }) => !hasTraits(op, domain)).map(({ op }) => op);
    expect(missing).toEqual([]);
  });

  it('have one row for each operator', () => {
    const keys = listed.map(({ op, domain }) => `${domain}:${op}`);
    expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([]);
  });

  it('count one FLOP for each output element of an unknown operator, also one named like a member of Object.prototype', () => {
    for (const op of ['constructor', 'toString', '__proto__', 'Whatever']) {
      const traits = traitsOf({ op, domain: '' });
      expect(traits.weights).toBeUndefined();
      expect(traits.flops.formula).toBe('1 per output element');
    }
  });

  it('name linear layers only among operators with weights', () => {
    expect([...operatorsWhere(({ linear }) => linear !== undefined)].sort()).toEqual([
      'Conv',
      'ConvTranspose',
      'Gemm',
      'MatMul',
    ]);
    expect(listed.filter((node) => traitsOf(node).linear && !traitsOf(node).weights)).toEqual([]);
  });

  it('give the shape of every elementwise function to inference', () => {
    const unknown = operatorsWhere(({ elementwise }) => elementwise !== undefined).filter(
      (op) => !isKnownOperator({ op, domain: '' }),
    );
    expect(unknown).toEqual([]);
  });
});

describe('weightsOf', () => {
  it('finds the weights of a matrix product on either side', () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', [2, 2]);
    const w = g.constant('float32', [2, 2], [1, 2, 3, 4]);
    const graph = g.build([g.op('MatMul', [x, w]), g.op('MatMul', [w, x]), g.op('MatMul', [x, x])]);
    expect(graph.nodes.map((node) => weightsOf(graph, node))).toEqual([w.name, w.name, undefined]);
  });
});

describe('FLOPs of fused operators', () => {
  const [rows, length, width, heads] = [2, 5, 8, 2];
  const scores = rows * length * length * (2 * width + 4 * heads + 2 * width);

  it('of com.microsoft Attention are those of its projection, scores and sum', () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', [rows, length, width]);
    const w = g.constant('float32', [width, 3 * width], Array(3 * width * width).fill(0));
    const [y] = g.ops('Attention', [x, w], { num_heads: heads }, 1, 'com.microsoft');
    const flops = countFlops(g.build([y as never])).total;
    expect(flops).toBe(2 * rows * length * width * 3 * width + scores);
  });

  it('of MultiHeadAttention and of Attention are equal for the same shapes', () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', [rows, length, width]);
    const [fused] = g.ops('MultiHeadAttention', [x, x, x], { num_heads: heads }, 1, 'com.microsoft');
    const standard = g.op('Attention', [x, x, x], { q_num_heads: heads, kv_num_heads: heads });
    for (const y of [fused, standard]) expect(countFlops(g.build([y as never])).total).toBe(scores);
  });

  it('of FusedConv are those of Conv', () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', [1, 3, 8, 8]);
    const w = g.constant('float32', [4, 3, 3, 3], Array(108).fill(0));
    const [fused] = g.ops('FusedConv', [x, w], { activation: 'Relu' }, 1, 'com.microsoft');
    expect(countFlops(g.build([fused as never])).total).toBe(countFlops(g.build([g.op('Conv', [x, w])])).total);
  });

  it('of quantised products are those of the float product', () => {
    const g = GraphBuilder.empty();
    const a = g.input('a', 'uint8', [3, 4]);
    const b = g.constant('uint8', [4, 5], Array(20).fill(1));
    const [scale, zero] = [g.scalar(1), g.scalar(0, 'uint8')];
    const y = g.op('QLinearMatMul', [a, scale, zero, b, scale, zero, scale, zero]);
    expect(countFlops(g.build([y])).total).toBe(2 * 3 * 5 * 4);
  });
});
