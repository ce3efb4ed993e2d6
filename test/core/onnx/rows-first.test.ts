/** Inner tensors come with their rows in front, wherever the model keeps them. */
import { describe, expect, it } from 'vitest';
import { COTANGENT, compile, gradientName } from '../../../src/core/autodiff/compile.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { rowsFirst, rowsFirstDims } from '../../../src/core/onnx/rows-first.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import { float32, type Tensor } from '../../../src/core/tensor/tensor.ts';
import { open } from '../../support/engine.ts';
import { CLASSES, FORMS, HEADS, mathematics, mergedAttention, TOKENS, WIDTH } from '../../support/merged-attention.ts';

const ROWS = 3;
const SIZE = TOKENS * WIDTH;
const x = float32([ROWS, TOKENS, WIDTH], new Random(7).normal(ROWS * SIZE));
/** Row r is explained for class r. */
const cotangent = float32(
  [ROWS, CLASSES],
  Array.from({ length: ROWS * CLASSES }, (_, i) => (i % (CLASSES + 1) === 0 ? 1 : 0)),
);
const numbers = (t: Tensor | undefined): number[] => Array.from(t?.data as Float32Array);

describe.each(FORMS)('attention with merged heads, %s', (form) => {
  it('gives probabilities and their gradients for each row and head', async () => {
    const graph = compile(mergedAttention(form), {
      scores: 'logits',
      activations: ['attention', 'tokens'],
      gradients: ['attention', 'tokens'],
    });
    expect(graph.outputs.map(({ dims }) => dims?.[0])).toEqual(graph.outputs.map(() => 'N'));
    const run = await open(graph);
    const answer = await run({ x, [COTANGENT]: cotangent });
    await run.release();
    expect(answer.attention?.dims).toEqual([ROWS, HEADS, TOKENS, TOKENS]);
    expect(numbers(answer.tokens)).toEqual(Array.from(x.data));
    const rows = Array.from({ length: ROWS }, (_, row) => mathematics(x.data.slice(row * SIZE, (row + 1) * SIZE), row));
    const close = (found: Tensor | undefined, expected: number[]) => {
      for (const [i, value] of numbers(found).entries()) expect(value).toBeCloseTo(expected[i] as number, 5);
      expect(found?.data.length).toBe(expected.length);
    };
    close(
      answer.attention,
      rows.flatMap(({ attention }) => attention.flat()),
    );
    close(
      answer[gradientName('attention')],
      rows.flatMap(({ slopes }) => slopes.flat()),
    );
    expect(answer[gradientName('tokens')]?.dims).toEqual([ROWS, TOKENS, WIDTH]);
  });

  it('continues from fed tokens with rows first', async () => {
    const whole = await open(compile(mergedAttention(form), { scores: 'logits', gradients: ['tokens'] }));
    const rest = await open(
      compile(mergedAttention(form), { scores: 'logits', gradients: ['tokens'], feeds: ['tokens'] }),
    );
    const expected = await whole({ x, [COTANGENT]: cotangent });
    const found = await rest({ tokens: x, [COTANGENT]: cotangent });
    expect(numbers(found.logits)).toEqual(numbers(expected.logits));
    expect(numbers(found[gradientName('tokens')])).toEqual(numbers(expected[gradientName('tokens')]));
    await whole.release();
    await rest.release();
  });
});

describe('rowsFirst', () => {
  it('keeps a graph whose tensors have their rows first', () => {
    const g = GraphBuilder.empty();
    const y = g.named(g.op('Relu', [g.input('x', 'float32', ['N', 3])]), 'y');
    const graph = g.build([g.named(g.neg(y), 'z')]);
    expect(rowsFirst(graph, ['x', 'y', 'z'])).toBe(graph);
  });

  it('splits heads only where the number of tokens is known before the run', async () => {
    const g = GraphBuilder.empty();
    const ids = g.input('x', 'float32', ['N', 'T', 4]);
    const apart = g.transpose(g.op('Reshape', [ids, g.ints([0, 0, 2, 2])]), [0, 2, 1, 3]);
    const tail = g.op('Concat', [g.ints([-1]), g.op('Shape', [apart], { start: 2, end: 4 })], { axis: 0 });
    const merged = g.named(g.op('Reshape', [apart, tail]), 'merged');
    const total = g.reduce(
      'ReduceSum',
      g.op('Reshape', [
        g.mul(merged, merged),
        g.op('Concat', [g.op('Shape', [ids], { start: 0, end: 1 }), g.ints([-1])], { axis: 0 }),
      ]),
      [1],
    );
    const graph = g.build([g.named(total, 'y')]);
    const run = await open(compile(graph, { scores: 'y', activations: ['merged'], gradients: ['merged'] }));
    const answer = await run({
      x: float32(
        [2, 3, 4],
        Array.from({ length: 24 }, (_, i) => i),
      ),
      [COTANGENT]: float32([2, 1], [1, 10]),
    });
    await run.release();
    expect(answer.merged?.dims).toEqual([2, 2, 3, 2]);
    const expected = numbers(answer.merged).map((value, i) => 2 * value * (i < 12 ? 1 : 10));
    expect(numbers(answer[gradientName('merged')])).toEqual(expected);
  });

  it.each([
    [['N', 3, 4], 'N', ['N', 3, 4]],
    [[7, 'N', 4], 'N', ['N', 7, 4]],
    [['8*N', 7, 7], 'N', ['N', 8, 7, 7]],
    [['N*T', 16], 'N', ['N', 'T', 16]],
    [[3, 'N', 2, 7, 4], 'N', ['N', 3, 2, 7, 4]],
    // What counts rows twice, or not at all, has no rows to bring to the front.
    [['N', 'N'], 'N', ['N', 'N']],
    [['2*N', 'N'], 'N', ['2*N', 'N']],
    [['N+1', 4], 'N', ['N+1', 4]],
    [[7, 4], 'N', [7, 4]],
    [['M', 4], 'N', ['M', 4]],
    [[], 'N', []],
    [[7, 1, 4], 1, [1, 7, 4]],
    [[8, 7, 7], 1, [1, 8, 7, 7]],
    [[8, 7, 7], 2, [2, 4, 7, 7]],
    [[1, 7, 4], 1, [1, 7, 4]],
  ] as const)('finds the rows of dims %j for batch %s', (dims, batch, expected) => {
    expect(rowsFirstDims(dims, batch)).toEqual(expected);
  });
});
