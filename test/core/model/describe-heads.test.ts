/** Descriptions of outputs whose meaning comes from names, siblings and config.json. */
import { expect, describe as group, it } from 'vitest';
import { describe } from '../../../src/core/model/describe/describe.ts';
import { huggingFaceFacts } from '../../../src/core/model/describe/hugging-face.ts';
import type { StatedFacts } from '../../../src/core/model/describe/stated-facts.ts';
import type { Dim, Graph, Node } from '../../../src/core/onnx/graph.ts';
import type { DataType } from '../../../src/core/tensor/tensor.ts';

type Value = readonly [name: string, dims: readonly Dim[]];

/** A graph whose outputs are what an unknown operator of its input gives. */
function head(input: Value, outputs: readonly Value[], dtype: DataType = 'float32', domain = ''): Graph {
  const values = outputs.map(([name, dims]) => ({ name, dims, dtype: 'float32' as const }));
  const nodes = values.map(
    ({ name }): Node => ({ name, op: 'Opaque', domain, inputs: [input[0]], outputs: [name], attributes: {} }),
  );
  return {
    name: 'g',
    opsets: { '': 21 },
    inputs: [{ name: input[0], dims: input[1], dtype }],
    outputs: values,
    constants: new Map(),
    nodes,
  };
}

const config = (config: Record<string, unknown>): StatedFacts => huggingFaceFacts({ config });

group('an output over a vocabulary', () => {
  it.each([
    ['bert', {}, 'fill_mask'],
    ['bert', { is_decoder: true }, 'next_token'],
    ['gpt2', {}, 'next_token'],
    ['wav2vec2', { ctc_loss_reduction: 'sum' }, 'token_classification'],
  ])('of a %s with %j in config.json has the task %s', (model_type, more, task) => {
    const graph = head(['input_ids', ['N', 'T']], [['logits', ['N', 'T', 200]]], 'int64');
    const { explained } = describe(graph, config({ model_type, vocab_size: 200, ...more })).description;
    expect(explained.task).toEqual({ value: task, source: 'file:config.json' });
    expect(explained.classAxis?.value).toBe(2);
  });

  it('is not assumed where the last axis is of another length', () => {
    const graph = head(['input_ids', ['N', 'T']], [['logits', ['N', 'T', 5]]], 'int64');
    const { explained } = describe(graph, config({ model_type: 'bert', vocab_size: 200 })).description;
    expect(explained.task.source).toBe('graph');
  });
});

group('outputs that belong together', () => {
  it('are the ends of an answer, which count tokens and no classes', () => {
    const ends: Value[] = [
      ['start_logits', ['N', 'T']],
      ['end_logits', ['N', 'T']],
    ];
    const { explained, doubts } = describe(head(['input_ids', ['N', 'T']], ends, 'int64')).description;
    expect(explained).toMatchObject({ task: { value: 'question_answering' }, classAxis: { value: null } });
    expect(doubts.filter(({ about }) => about === 'output')).toEqual([]);
  });

  it('are a set of boxes with a last class for no object, which has no label', () => {
    const set: Value[] = [
      ['logits', ['N', 7, 4]],
      ['pred_boxes', ['N', 7, 4]],
    ];
    const labels = { value: ['cat', 'dog', 'fish'], source: 'file:config.json' } as const;
    const task = { value: 'object_detection', source: 'file:config.json' } as const;
    const image = head(['pixel_values', ['N', 3, 64, 64]], set);
    const { explained } = describe(image, { labels, task }).description;
    expect(explained).toMatchObject({ classAxis: { value: 2 }, labels: { value: { names: labels.value, first: 0 } } });
  });

  it('are a list of boxes where a row has room for two corners, score and class only', () => {
    const labels = { value: ['cat', 'dog', 'fish'], source: 'metadata:names' } as const;
    const task = { value: 'object_detection', source: 'metadata:task' } as const;
    const listed = head(['images', [1, 3, 64, 64]], [['output0', [1, 300, 6]]]);
    expect(describe(listed, { labels, task }).description.explained.classAxis?.value).toBeNull();
  });
});

group('outputs of an image', () => {
  const image: Value = ['image', [1, 3, 32, 48]];

  it('are boxes and landmarks beside the scores, which are explained', () => {
    const outputs: Value[] = [
      ['loc', [1, 128, 4]],
      ['conf', [1, 128, 2]],
      ['landms', [1, 128, 10]],
    ];
    const { explained } = describe(head(image, outputs)).description;
    expect(explained).toMatchObject({ name: 'conf', task: { value: 'object_detection' }, classAxis: { value: 2 } });
  });

  it('are no depth where their proportions are not those of the image', () => {
    const taskOf = (dims: readonly Dim[]) => describe(head(image, [['y', dims]])).description.explained.task.value;
    expect(taskOf([1, 32, 48])).toBe('depth');
    expect(taskOf([1, 16, 24])).toBe('depth');
    expect(taskOf([1, 192, 8])).not.toBe('depth');
  });

  it('are depth by their name, with one channel', () => {
    const { explained } = describe(head(['image', ['N', 3, 'h', 'w']], [['depth', ['N', 1, 'h', 'w']]])).description;
    expect(explained).toMatchObject({ task: { value: 'depth' }, classAxis: { value: null } });
  });

  it('are scores of classes without an axis for rows', () => {
    const { explained } = describe(head(['frame', [3, 32, 48]], [['logits', [1, 5]]])).description;
    expect(explained).toMatchObject({ task: { value: 'classification' }, classAxis: { value: 1 } });
  });
});
