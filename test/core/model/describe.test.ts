import { expect, describe as group, it } from 'vitest';
import { describe } from '../../../src/core/model/describe/describe.ts';
import { huggingFaceFacts } from '../../../src/core/model/describe/hugging-face.ts';
import { matchLabels } from '../../../src/core/model/describe/labels.ts';
import { metadataFacts } from '../../../src/core/model/describe/metadata.ts';
import { namesOf } from '../../../src/core/model/describe/names.ts';
import { strongest } from '../../../src/core/model/describe/stated-facts.ts';
import type { Graph } from '../../../src/core/onnx/graph.ts';
import { node, plainGraph, zeros } from '../../support/plain-graph.ts';

const linear = plainGraph(
  [['x', ['N', 4]]],
  [['p', ['N', 3]]],
  [node('MatMul', ['x', 'w'], 'l'), node('Softmax', ['l'], 'p')],
  [['w', zeros(4, 3)]],
);

group('the description of a model', () => {
  it('finds logits and class axis before a final Softmax', () => {
    const { explained, doubts } = describe(linear).description;
    expect(explained).toMatchObject({
      name: 'p',
      logits: 'l',
      task: { value: 'classification', source: 'graph' },
      classAxis: { value: 1 },
      activation: { value: 'softmax' },
    });
    expect(doubts).toEqual([]);
  });

  it('finds the batch of a recurrent layer on its second axis, after time', () => {
    const recurrent = plainGraph(
      [['x', ['T', 'N', 4]]],
      [['y', ['T', 'D', 'N', 8]]],
      [node('GRU', ['x', 'w', 'r'], 'y', { hidden_size: { type: 'int', value: 8 } })],
      [
        ['w', zeros(1, 24, 4)],
        ['r', zeros(1, 24, 8)],
      ],
    );
    const { description, axes, rowsAtOnce } = describe(recurrent);
    expect(axes).toEqual({ x: 1 });
    expect(description.inputs[0]).toMatchObject({ modality: { value: 'series' }, layout: { value: 'TNC' } });
    expect(rowsAtOnce).toBeUndefined();
  });

  it('runs rows one at a time where a softmax spans the batch, and reports it', () => {
    const mixed = plainGraph(
      [['x', ['batch', 4]]],
      [['y', ['batch', 4]]],
      [node('Softmax', ['x'], 'y', { axis: { type: 'int', value: 0 } })],
    );
    const { description, rowsAtOnce } = describe(mixed);
    expect(rowsAtOnce).toBe(1);
    expect(description.doubts.map(({ about }) => about)).toContain('rows');
  });

  it('treats masks, scalars and inputs without a batch as fixed', () => {
    const { inputs } = describe(
      plainGraph(
        [
          ['input_ids', ['N', 'S'], 'int64'],
          ['attention_mask', ['N', 'S'], 'int64'],
          ['sr', [], 'int64'],
        ],
        [['logits', ['N', 2]]],
        [
          node('Gather', ['table', 'input_ids'], 'e'),
          node('ReduceMean', ['e', 'one'], 'm'),
          node('MatMul', ['m', 'w'], 'logits'),
        ],
        [
          ['table', zeros(10, 4)],
          ['w', zeros(4, 2)],
        ],
      ),
    ).description;
    expect(inputs.map(({ role }) => role.value)).toEqual(['explained', 'fixed', 'fixed']);
    expect(inputs.map(({ batchAxis }) => batchAxis.value)).toEqual([0, 0, null]);
    expect(inputs[0]?.modality.value).toBe('text');
  });

  it('explains scores instead of a label output, and refuses a label alone', () => {
    const argmax = node('ArgMax', ['l'], 'label', {
      axis: { type: 'int', value: 1 },
      keepdims: { type: 'int', value: 0 },
    });
    const both = { ...linear, outputs: [{ name: 'label', dims: ['N'], dtype: 'int64' as const }, ...linear.outputs] };
    const withLabel: Graph = { ...both, nodes: [...both.nodes, argmax] };
    expect(describe(withLabel).description.explained.name).toBe('p');
    const alone: Graph = { ...withLabel, outputs: withLabel.outputs.slice(0, 1) };
    expect(describe(alone).description.doubts[0]).toMatchObject({ about: 'output', blocking: true });
  });

  it('prefers the manifest to files beside the model and to the graph', () => {
    const stated = strongest([
      { task: { value: 'regression', source: 'manifest' } },
      { task: { value: 'classification', source: 'file:config.json' } },
    ]);
    const { explained } = describe(linear, stated).description;
    expect(explained.task).toEqual({ value: 'regression', source: 'manifest' });
    expect(explained.classAxis).toEqual({ value: null, source: 'manifest' });
  });
});

group('class names', () => {
  it.each([
    ['an equal number of names and classes', 10, 10, 0],
    ['a leading background class', 1000, 1001, 1],
  ])('match %s', (_, count, length, first) => {
    const names = Array.from({ length: count }, (_, i) => `k${i}`);
    expect(matchLabels(names, length, undefined)?.first).toBe(first);
  });

  it('match after the four rows of a box, and name the positive class of a sigmoid', () => {
    expect(matchLabels(['a', 'b', 'c'], 7, undefined, 4)).toEqual({ names: ['a', 'b', 'c'], first: 4 });
    expect(matchLabels(['no', 'yes'], 1, undefined)).toEqual({ names: ['yes'], first: 0 });
  });

  it('leave gaps for the unused ones of the 91 COCO categories', () => {
    const names = Array.from({ length: 80 }, (_, i) => `c${i}`);
    const matched = matchLabels(names, 91, undefined)?.names;
    expect(matched?.[1]).toBe('c0');
    expect(matched?.[90]).toBe('c79');
  });

  it('without a match are refused, with the flag that resolves it', () => {
    const labels = { value: ['a', 'b'], source: 'manifest' as const };
    expect(() => describe(linear, { labels })).toThrow(/2 labels, but the output has 3 classes.*--label-offset/);
  });
});

group('metadata of a file', () => {
  it('of an Ultralytics export gives task, names and image size', () => {
    const facts = metadataFacts({ task: 'detect', names: "{0: 'cup', 1: \"dog's\"}", imgsz: '[320, 640]' });
    expect(facts.task).toEqual({ value: 'object_detection', source: 'metadata:task' });
    expect(facts.labels?.value).toEqual(['cup', "dog's"]);
    expect(facts.preprocessing?.value.size).toEqual([320, 640]);
  });

  it('with a gap in the class numbers gives no names', () => {
    expect(namesOf("{0: 'a', 2: 'c'}")).toBeUndefined();
    expect(namesOf('a, b')).toEqual(['a', 'b']);
  });
});

group('the files of a Hugging Face folder', () => {
  it('give task, labels and preprocessing', () => {
    const facts = huggingFaceFacts({
      config: { architectures: ['ViTForImageClassification'], id2label: { 0: 'red', 1: 'green' } },
      preprocessor: { size: { height: 32, width: 32 }, image_mean: [0.5, 0.4, 0.6], image_std: [0.25, 0.3, 0.2] },
    });
    expect(facts.task?.value).toBe('classification');
    expect(facts.labels).toEqual({ value: ['red', 'green'], source: 'file:config.json' });
    expect(facts.preprocessing?.value).toMatchObject({ size: [32, 32], mean: [0.5, 0.4, 0.6] });
  });

  it('give no labels for placeholder names', () => {
    expect(huggingFaceFacts({ config: { id2label: { 0: 'LABEL_0', 1: 'LABEL_1' } } }).labels).toBeUndefined();
  });
});
