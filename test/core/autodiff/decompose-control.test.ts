/** Branches and loops that are decided before the run, and those that are not. */
import { describe, expect, it } from 'vitest';
import { COTANGENT, compile, gradientName } from '../../../src/core/autodiff/compile.ts';
import { graphAttr } from '../../../src/core/onnx/attributes.ts';
import { makeConstant } from '../../../src/core/onnx/constant.ts';
import type { Graph, Node } from '../../../src/core/onnx/graph.ts';
import { infer } from '../../../src/core/onnx/infer.ts';
import { read } from '../../../src/core/onnx/read.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { float32, type Tensor } from '../../../src/core/tensor/tensor.ts';
import { open } from '../../support/engine.ts';
import { graphOf } from '../../support/onnx-file.ts';

const node = (op: string, inputs: string[], outputs: string[], attributes: Node['attributes'] = {}): Node => ({
  name: `${op}:${outputs[0]}`,
  op,
  domain: '',
  inputs,
  outputs,
  attributes,
});
const value = (
  name: string,
  dims: (number | string)[] | undefined,
  dtype: 'float32' | 'bool' | 'int64' = 'float32',
) => ({ name, dtype, dims });
const constants = (given: Record<string, [Parameters<typeof makeConstant>[0], number[], number[]]>) =>
  new Map(Object.entries(given).map(([name, [dtype, dims, data]]) => [name, makeConstant(dtype, dims, data)]));

/** Scores and gradient for x = [1, 2; 3, -1], and the scores of the graph as it stands. */
async function evaluate(model: Graph) {
  const x = float32([2, 2], [1, 2, 3, -1]);
  const compiled = compile(model, { scores: 'y', gradients: ['x'] });
  const [run, plain] = [await open(compiled), await open(model)];
  const expected = (await plain({ x })).y as Tensor<'float32'>;
  const weights = float32(
    expected.dims,
    Array.from(expected.data, (_, i) => i + 1),
  );
  const answer = await run({ x, [COTANGENT]: weights });
  await Promise.all([run.release(), plain.release()]);
  const numbers = (t: Tensor | undefined) => Array.from(t?.data as Float32Array);
  return {
    operators: compiled.nodes.map((n) => n.op),
    y: numbers(answer.y),
    expected: numbers(expected),
    dx: numbers(answer[gradientName('x')]),
  };
}

const input = [value('x', ['N', 2])];

describe('the derivative of If', () => {
  const branch = (op: string): Graph => graphOf({ outputs: [value('r', undefined)], nodes: [node(op, ['x'], ['r'])] });
  const choice = (condition: Partial<Graph>): Graph =>
    graphOf({
      inputs: input,
      outputs: [value('y', ['N', 2])],
      ...condition,
      nodes: [
        ...(condition.nodes ?? []),
        node('If', ['c'], ['y'], { then_branch: graphAttr(branch('Exp')), else_branch: graphAttr(branch('Neg')) }),
      ],
    });

  it.each([
    [1, [Math.E, 2 * Math.E ** 2, 3 * Math.E ** 3, 4 / Math.E]],
    [0, [-1, -2, -3, -4]],
  ])('takes the branch of the constant condition %i', async (truth, slope) => {
    const { operators, y, expected, dx } = await evaluate(
      choice({ constants: constants({ c: ['bool', [], [truth]] }) }),
    );
    expect(operators).not.toContain('If');
    expect(y).toEqual(expected);
    for (const [i, d] of dx.entries()) expect(d).toBeCloseTo(slope[i] as number, 3);
  });

  it('takes the branch of a condition that depends on shapes only', async () => {
    const nodes = [
      node('Shape', ['x'], ['s']),
      node('Gather', ['s', 'one'], ['n']),
      node('Equal', ['n', 'two'], ['c']),
    ];
    const { dx } = await evaluate(
      choice({ nodes, constants: constants({ one: ['int64', [], [1]], two: ['int64', [], [2]] }) }),
    );
    expect(dx[0]).toBeCloseTo(Math.E, 4);
  });

  it('refuses a condition that depends on the input', () => {
    const nodes = [
      node('ReduceSum', ['x'], ['total'], { keepdims: { type: 'int', value: 0 } }),
      node('Greater', ['total', 'zero'], ['c']),
    ];
    const model = choice({ nodes, constants: constants({ zero: ['float32', [], [0]] }) });
    expect(() => compile(model, { scores: 'y', gradients: ['x'] })).toThrow(/If/);
    try {
      compile(model, { scores: 'y', gradients: ['x'] });
    } catch (error) {
      expect((error as { details: unknown }).details).toMatchObject({
        unsupported: [{ op: 'If', reason: expect.stringContaining('run time') }],
      });
    }
  });
});

describe('the derivative of Loop', () => {
  /** state = state * x + turn; collects the states; goes on while turn < most. */
  const body = (most: number): Graph =>
    graphOf({
      inputs: [value('turn', [], 'int64'), value('on', [], 'bool'), value('state', ['N', 2])],
      outputs: [value('next', [], 'bool'), value('sum', ['N', 2]), value('row', ['N', 2])],
      constants: constants({ most: ['int64', [], [most]] }),
      nodes: [
        node('Less', ['turn', 'most'], ['next']),
        node('Mul', ['state', 'x'], ['product']),
        node('Cast', ['turn'], ['t'], { to: { type: 'int', value: 1 } }),
        node('Add', ['product', 't'], ['sum']),
        node('Neg', ['sum'], ['row']),
      ],
    });
  const loop = (count: string, condition: string, most: number): Graph =>
    graphOf({
      inputs: input,
      outputs: [value('y', undefined)],
      constants: constants({ three: ['int64', [], [3]], yes: ['bool', [], [1]] }),
      nodes: [
        node('Loop', [count, condition, 'x'], ['last', 'rows'], { body: graphAttr(body(most)) }),
        node('Add', ['last', 'rows'], ['y']),
      ],
    });

  it('unrolls a fixed number of iterations', async () => {
    const { operators, y, expected, dx } = await evaluate(loop('three', '', 9));
    expect(operators).not.toContain('Loop');
    expect(y).toEqual(expected);
    // Element 0 at x = 1: last = x^4 + x + 2, rows = -(x^2), -(x^3 + 1), -last; weights 1, 5, 9.
    expect(dx[0]).toBeCloseTo(15 * 5 - (2 + 5 * 3 + 9 * 5), 3);
  });

  it('stops when its condition is false', async () => {
    const { y, expected, dx } = await evaluate(loop('', 'yes', 1));
    expect(y).toEqual(expected);
    expect(dx).toHaveLength(4);
    expect(dx[0]).toBeCloseTo(6 * 3 - (2 + 5 * 3), 3);
  });
});

describe('a Loop that carries a sequence', () => {
  it('is kept for inference and unrolled for the gradient', async () => {
    // Collects x, 2 x, 3 x, as a loop of scripted PyTorch that appends to a list.
    const collect = graphOf({
      inputs: [value('turn', [], 'int64'), value('on', [], 'bool'), { name: 'list', dtype: 'float32', sequence: true }],
      outputs: [value('next', [], 'bool'), { name: 'longer', dtype: 'float32', sequence: true }],
      constants: constants({ one: ['float32', [], [1]] }),
      nodes: [
        node('Identity', ['on'], ['next']),
        node('Cast', ['turn'], ['t'], { to: { type: 'int', value: 1 } }),
        node('Add', ['t', 'one'], ['factor']),
        node('Mul', ['x', 'factor'], ['row']),
        node('SequenceInsert', ['list', 'row'], ['longer']),
      ],
    });
    const model = graphOf({
      inputs: input,
      outputs: [value('y', undefined)],
      constants: constants({ three: ['int64', [], [3]], yes: ['bool', [], [1]] }),
      nodes: [
        node('SequenceEmpty', [], ['empty']),
        node('Loop', ['three', 'yes', 'empty'], ['all'], { body: graphAttr(collect) }),
        node('ConcatFromSequence', ['all'], ['y'], {
          axis: { type: 'int', value: 1 },
          new_axis: { type: 'int', value: 1 },
        }),
      ],
    });
    const { operators, y, expected, dx } = await evaluate(read(write(model).graph));
    expect(operators.filter((op) => /Loop|Sequence/.test(op))).toEqual([]);
    expect(y).toEqual(expected);
    // Weights count the elements of [2, 3, 2].
    expect(dx).toEqual([1 + 2 * 3 + 3 * 5, 2 + 2 * 4 + 3 * 6, 7 + 2 * 9 + 3 * 11, 8 + 2 * 10 + 3 * 12]);
  });
});

describe('the derivative of Scan', () => {
  it('unrolls a recurrence over the columns in both directions', async () => {
    const body = graphOf({
      inputs: [value('state', ['N']), value('column', ['N'])],
      outputs: [value('next', ['N']), value('row', ['N'])],
      nodes: [
        node('Tanh', ['state'], ['bent']),
        node('Add', ['bent', 'column'], ['next']),
        node('Mul', ['next', 'next'], ['row']),
      ],
    });
    const ints = (...values: number[]) => ({ type: 'ints' as const, value: values });
    const model = graphOf({
      inputs: input,
      outputs: [value('y', ['N', 2])],
      constants: constants({ axes: ['int64', [1], [1]] }),
      nodes: [
        node('ReduceMax', ['x', 'axes'], ['start'], { keepdims: { type: 'int', value: 0 } }),
        node('Scan', ['start', 'x'], ['last', 'y'], {
          body: graphAttr(body),
          num_scan_inputs: { type: 'int', value: 1 },
          scan_input_axes: ints(1),
          scan_input_directions: ints(1),
          scan_output_axes: ints(1),
        }),
      ],
    });
    expect(infer(model).get('y')?.dims).toEqual(['N', 2]);
    const { operators, y, expected, dx } = await evaluate(model);
    expect(operators).not.toContain('Scan');
    expect(y).toEqual(expected);
    // Row 1: start 3 = x0, states a = tanh(3) - 1 and b = tanh(a) + 3, weights 3 and 4 on their squares.
    const [t, a] = [Math.tanh(3), Math.tanh(3) - 1];
    const b = Math.tanh(a) + 3;
    const [da, db] = [2 * a * 3, 2 * b * 4];
    const toA = da + db * (1 - Math.tanh(a) ** 2);
    expect(dx[3]).toBeCloseTo(toA, 3);
    expect(dx[2]).toBeCloseTo(db + toA * (1 - t ** 2), 3);
  });
});
