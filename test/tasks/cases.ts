/** Outputs of made models, one or more for each task, for the contract suite. */
import type { TaskOutputs } from '../../src/core/task/task.ts';
import { float32 } from '../../src/core/tensor/tensor.ts';
import type { TaskCase } from '../../src/testing/task-contract.ts';
import { described, input } from './support.ts';

const IMAGE = [input([1, 3, 100, 100])];
const TEXT = [input([1, 4], 'text', 'input_ids')];

type About = Parameters<typeof described>[2] & Partial<TaskCase['context']> & Pick<TaskCase, 'otherNumber'>;

function example(
  name: string,
  inputs: Parameters<typeof described>[0],
  outputs: TaskOutputs,
  about: About = {},
): TaskCase {
  const { metadata, attentionMask, positions, vocabulary, similarTo, otherNumber, ...facts } = about;
  const context = {
    description: described(inputs, outputs, facts),
    ...(metadata && { metadata }),
    ...(attentionMask && { attentionMask }),
    ...(positions && { positions }),
    ...(vocabulary && { vocabulary }),
    ...(similarTo && { similarTo }),
  };
  return { name, outputs, context, ...(otherNumber && { otherNumber }) };
}

/** Rows of numbers as `[1, rows, columns]`. */
const table = (rows: readonly (readonly number[])[]) => float32([1, rows.length, rows[0]?.length ?? 0], rows.flat());

const ultralytics = (task: string, more: Record<string, string> = {}) => ({
  metadata: { task, stride: '32', imgsz: '[100, 100]', names: "{0: 'cup', 1: 'plate'}", ...more },
});

const BOXES = [
  [50, 50, 20, 20, 0.9, 0.1],
  [20, 20, 20, 20, 0.2, 0.7],
  [20, 80, 20, 20, 0.1, 0.1],
];
const columns = (rows: readonly (readonly number[])[]) => {
  const [first = []] = rows;
  return float32(
    [1, first.length, rows.length],
    first.flatMap((_, c) => rows.map((row) => row[c] as number)),
  );
};

/** Scores of 40 words at four tokens. */
const VOCABULARY = table(
  [0, 1, 2, 3].map((token) => Array.from({ length: 40 }, (_, word) => ((word + 1) * (token + 3)) % 17)),
);

const TOKENS = { nameOf: (id: number) => `token ${id}`, idsOf: (name: string) => [Number(name.slice(6))] };

export const CASES: Readonly<Record<string, readonly TaskCase[]>> = {
  object_detection: [
    example('a dense head', IMAGE, { o: columns(BOXES) }, ultralytics('detect')),
    example(
      'boxes after suppression',
      IMAGE,
      {
        o: table([
          [10, 10, 30, 30, 0.9, 1],
          [50, 50, 90, 90, 0.8, 0],
        ]),
      },
      ultralytics('detect', { end2end: 'True' }),
    ),
    example(
      'queries',
      IMAGE,
      {
        scores: table([
          [0.9, 0.2],
          [0.1, 0.3],
        ]),
        boxes: table([
          [10, 10, 30, 30],
          [50, 50, 90, 90],
        ]),
        objectness: table([[0.9], [0.2]]),
      },
      { names: ['cup', 'plate'] },
    ),
    example(
      'a dense head with objectness',
      IMAGE,
      {
        o: table([
          [50, 50, 20, 20, 0.8, 0.9, 0.1],
          [20, 20, 10, 10, 0.9, 0.1, 0.6],
        ]),
      },
      { names: ['cup', 'plate'] },
    ),
  ],
  oriented_detection: [
    example('a dense head', IMAGE, { o: columns(BOXES.map((row) => [...row, 0.5])) }, ultralytics('obb')),
  ],
  instance_segmentation: [
    example(
      'a dense head',
      IMAGE,
      { o: columns(BOXES.map((row) => [...row, 1, -1])), p: float32([1, 2, 2, 2], [1, 1, 1, 1, 0, 0, 2, 2]) },
      ultralytics('segment'),
    ),
  ],
  pose: [
    example(
      'a dense head',
      IMAGE,
      { o: columns(BOXES.map((row) => [...row, 45, 46, 0.5])) },
      ultralytics('pose', { kpt_shape: '[1, 3]' }),
    ),
  ],
  segmentation: [
    example(
      'channels first',
      IMAGE,
      { y: float32([1, 2, 2, 2], [0, 1, 2, 3, 3, 2, 1, 0]) },
      { classAxis: 1, names: ['background', 'cat'] },
    ),
    example(
      'channels last',
      IMAGE,
      { y: float32([1, 2, 2, 3], [0, 1, 2, 3, 3, 2, 1, 0, 4, 4, 1, 1]) },
      { classAxis: 3 },
    ),
    example(
      'one channel',
      IMAGE,
      { y: float32([1, 2, 2, 1], [0.9, 0.8, 0.2, 0.1]) },
      { classAxis: 3, activation: 'sigmoid' },
    ),
  ],
  depth: [example('a map', IMAGE, { predicted_depth: float32([1, 2, 2], [1, 2, 3, 4]) }, { classAxis: null })],
  image_to_image: [
    example(
      'an image',
      IMAGE,
      { y: float32([1, 3, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) },
      { classAxis: null },
    ),
  ],
  classification: [
    example('logits', IMAGE, { y: float32([1, 3], [1, 3, 2]) }, { classAxis: 1, names: ['a', 'b', 'c'] }),
    example(
      'probabilities, with the logits beside them',
      IMAGE,
      { y: float32([1, 2], [0.7310586, 0.2689414]), z: float32([1, 2], [1, 0]) },
      { classAxis: 1, activation: 'softmax', logits: 'z' },
    ),
    example(
      'classes behind a background',
      IMAGE,
      { y: float32([1, 3], [9, 3, 2]) },
      { classAxis: 1, names: ['a', 'b'], first: 1 },
    ),
    example(
      'two classes by one score',
      IMAGE,
      { y: float32([1, 1], [0.2]) },
      { classAxis: 1, activation: 'sigmoid', names: ['no', 'yes'], otherNumber: true },
    ),
  ],
  multi_label: [
    example(
      'sigmoids',
      IMAGE,
      { y: float32([1, 3], [0.9, 0.1, 0.6]) },
      { classAxis: 1, activation: 'sigmoid', names: ['a', 'b', 'c'] },
    ),
  ],
  regression: [
    example('one value', IMAGE, { y: float32([1, 1], [-3.5]) }, { classAxis: null }),
    example(
      'named values',
      IMAGE,
      { y: float32([1, 2], [-3.5, 7]) },
      { classAxis: 1, names: ['x', 'y'], task: 'regression' },
    ),
  ],
  token_classification: [
    example(
      'a text with padding',
      TEXT,
      {
        y: table([
          [0, 1],
          [3, 1],
          [0, 2],
          [0, 9],
        ]),
      },
      { classAxis: 2, names: ['O', 'PER'], attentionMask: [1, 1, 1, 0] },
    ),
  ],
  question_answering: [
    example('two ends', TEXT, {
      start_logits: float32([1, 4], [0, 5, 1, 0]),
      end_logits: float32([1, 4], [3, 0, 4, 0]),
    }),
  ],
  next_token: [
    example(
      'a text with padding',
      TEXT,
      {
        y: VOCABULARY,
      },
      { classAxis: 2, attentionMask: [1, 1, 1, 0], vocabulary: TOKENS },
    ),
  ],
  fill_mask: [
    example(
      'one mask',
      [...TEXT, input([1, 4], 'text', 'token_type_ids')],
      {
        y: VOCABULARY,
      },
      { classAxis: 2, positions: [1], vocabulary: TOKENS },
    ),
  ],
  similarity: [
    example(
      'an embedding',
      IMAGE,
      { image_embeds: float32([1, 3], [1, 2, 2]) },
      { classAxis: null, similarTo: [0, 3, 4] },
    ),
    example('an embedding alone', IMAGE, { image_embeds: float32([1, 3], [1, 2, 2]) }, { classAxis: null }),
  ],
  values: [example('numbers', IMAGE, { y: float32([1, 4], [1, 4, 2, 3]) })],
};
