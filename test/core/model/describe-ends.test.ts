/** Ends of graphs that change what an output means, and inputs beside the explained one that come first. */
import { describe, expect, it } from 'vitest';
import { int } from '../../../src/core/onnx/attributes.ts';
import { makeConstant } from '../../../src/core/onnx/constant.ts';
import type { Dim, Node, ValueInfo } from '../../../src/core/onnx/graph.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { graphOf, node } from '../../support/onnx-file.ts';

const whole = (...values: number[]) => makeConstant('int64', [values.length], values);
const constants = new Map([
  [
    'w',
    makeConstant(
      'float32',
      [6, 4],
      Array.from({ length: 24 }, (_, i) => Math.sin(i)),
    ),
  ],
  ['last', whole(-1)],
  ['none', whole(0)],
  ['one', whole(1)],
  ['unit', makeConstant('float32', [], [1])],
  ['four', whole(4)],
  ['three', whole(3)],
  ['least', makeConstant('float32', [], [1e-6])],
]);

const float = (name: string, dims: readonly Dim[]): ValueInfo => ({ name, dtype: 'float32', dims });

/** Opens a model of a vector: scores "z" of four classes, and what `nodes` make of them. */
const ended = (nodes: readonly Node[], outputs: readonly ValueInfo[] = [float('y', ['N', 4])]) =>
  openGraph(
    graphOf({
      inputs: [float('x', ['N', 6])],
      outputs,
      constants,
      nodes: [node('MatMul', ['x', 'w'], ['z']), ...nodes],
    }),
  );

describe('probabilities', () => {
  it.each([
    ['Exp of LogSoftmax', [node('LogSoftmax', ['z'], ['l']), node('Exp', ['l'], ['y'])]],
    [
      'Exp of a log-softmax that is spelled out',
      [node('ReduceLogSumExp', ['z', 'last'], ['s']), node('Sub', ['z', 's'], ['l']), node('Exp', ['l'], ['y'])],
    ],
  ])('by %s are a softmax, with its logits', async (_, nodes) => {
    const model = await ended(nodes);
    expect(model.description.explained).toMatchObject({ activation: { value: 'softmax' }, logits: 'z' });
    expect(model.info()).toMatchObject({ scores: { name: 'z' }, probability: 'softmax' });
  });

  it.each([
    [
      'shares of a sum',
      [node('Relu', ['z'], ['r']), node('ReduceSum', ['r', 'last'], ['s']), node('Div', ['r', 's'], ['y'])],
      4,
    ],
    [
      'some classes of a softmax',
      [node('Softmax', ['z'], ['p']), node('Slice', ['p', 'one', 'four', 'last'], ['y'])],
      3,
    ],
  ])('that are %s get no second softmax', async (_, nodes, classes) => {
    const model = await ended(nodes, [float('y', ['N', classes])]);
    expect(model.info()).toMatchObject({ scores: { name: 'y' }, probability: 'given' });
  });
});

describe('logarithms of independent probabilities', () => {
  it('are read as such, with the score of the sigmoid', async () => {
    const model = await ended([node('Sigmoid', ['z'], ['p']), node('Log', ['p'], ['y'])]);
    expect(model.description.explained).toMatchObject({ task: { value: 'multi_label' }, logits: 'z' });
    expect(model.info()).toMatchObject({ scores: { name: 'z' }, probability: 'sigmoid' });
    expect(model.info({ scores: 'output' })).toMatchObject({ scores: { name: 'y' }, probability: 'exponential' });
  });

  it('get no second softmax where no tensor holds the score', async () => {
    const model = await ended([node('Softplus', ['z'], ['s']), node('Neg', ['s'], ['y'])]);
    expect(model.description.explained.task.value).toBe('multi_label');
    expect(model.info()).toMatchObject({ scores: { name: 'y' }, probability: 'exponential' });
  });
});

describe('what is left of independent probabilities', () => {
  it('is a probability for each label', async () => {
    const model = await ended([node('Sigmoid', ['z'], ['p']), node('Sub', ['unit', 'p'], ['y'])]);
    expect(model.description.explained.task.value).toBe('multi_label');
    expect(model.info()).toMatchObject({ scores: { name: 'y' }, probability: 'given' });
  });

  it('makes two classes of one, behind a change of layout too', async () => {
    const nodes = [
      node('Slice', ['z', 'none', 'one', 'last'], ['v']),
      node('Sigmoid', ['v'], ['p']),
      node('Sub', ['unit', 'p'], ['q']),
      node('Concat', ['q', 'p'], ['pair'], { axis: int(1) }),
      node('Identity', ['pair'], ['y']),
    ];
    const model = await ended(nodes, [float('y', ['N', 2])]);
    expect(model.description.explained.task.value).toBe('classification');
    expect(model.info()).toMatchObject({ scores: { name: 'y' }, probability: 'given' });
  });
});

describe('the largest scores in order', () => {
  const sorted = [node('Softmax', ['z'], ['p']), node('TopK', ['p', 'three'], ['v', 'i'])];
  const indices: ValueInfo = { name: 'i', dtype: 'int64', dims: ['N', 3] };

  it('are not taken for classes, and their numbers not for scores', async () => {
    const { description } = await ended(sorted, [indices, float('v', ['N', 3])]);
    expect(description.explained.name).toBe('v');
    expect(description.doubts[0]).toMatchObject({ blocking: true, message: expect.stringContaining('--scores p') });
  });

  it('are named where their numbers are the only output', async () => {
    const { description } = await ended(sorted, [indices]);
    expect(description.doubts[0]).toMatchObject({ blocking: true, message: expect.stringContaining('--scores p') });
  });
});

describe('vectors of length 1', () => {
  it.each([
    ['LpNormalization', [node('LpNormalization', ['z'], ['y'], { axis: int(1) })]],
    [
      'a division by their length',
      [node('ReduceL2', ['z', 'last'], ['n']), node('Max', ['n', 'least'], ['m']), node('Div', ['z', 'm'], ['y'])],
    ],
  ])('by %s are embeddings', async (_, nodes) => {
    expect((await ended(nodes)).description.explained.task.value).toBe('similarity');
  });
});

describe('inputs that come before the explained one', () => {
  it.each([
    ['a temperature', [1], ['N', 6]],
    ['a factor without rows', [1, 1], ['N', 6]],
  ])('are held fixed: %s', async (_, dims, row) => {
    const model = await openGraph(
      graphOf({
        inputs: [float('first', dims), float('x', row)],
        outputs: [float('y', ['N', 4])],
        constants,
        nodes: [node('MatMul', ['x', 'w'], ['z']), node('Div', ['z', 'first'], ['y'])],
      }),
    );
    expect(model.description.inputs.map(({ role }) => role.value)).toEqual(['fixed', 'explained']);
    expect(model.description.inputs[1]?.batchAxis.value).toBe(0);
  });

  it('are held fixed where they are a number for each channel of an image', async () => {
    const model = await openGraph(
      graphOf({
        inputs: [float('gain', [1, 3, 1, 1]), float('img', [1, 3, 16, 16])],
        outputs: [float('y', [1, 3])],
        constants: new Map([['axes', whole(2, 3)]]),
        nodes: [node('Mul', ['img', 'gain'], ['g']), node('ReduceMean', ['g', 'axes'], ['y'], { keepdims: int(0) })],
      }),
    );
    expect(model.description.inputs.map(({ role }) => role.value)).toEqual(['fixed', 'explained']);
  });
});
