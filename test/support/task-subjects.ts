/** Trial models of the contract suite whose answers are no classes: one or more for each task. */
import { create, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import type { Features } from '../../src/core/modality/modality.ts';
import type { Manifest } from '../../src/core/model/manifest.ts';
import { Model } from '../../src/core/model/model.ts';
import { GraphBuilder, type Value } from '../../src/core/onnx/builder.ts';
import type { Graph } from '../../src/core/onnx/graph.ts';
import { write } from '../../src/core/onnx/write.ts';
import { TaskRegistry } from '../../src/core/task/registry.ts';
import { Random } from '../../src/core/tensor/random.ts';
import { float32, sizeOf, type Tensor, tensor } from '../../src/core/tensor/tensor.ts';
import { builtinTasks } from '../../src/tasks/index.ts';
import { imageTensor, type Subject, type TrialAnswer, tokens } from '../../src/testing/models.ts';

export const numbers = (dims: readonly number[], seed: number): Tensor<'float32'> =>
  float32(dims, new Random(seed).normal(sizeOf(dims)));

export const weights = (g: GraphBuilder, dims: readonly number[], seed: number): Value =>
  g.constant('float32', dims, numbers(dims, seed).data);

interface TaskModel {
  readonly task: string;
  readonly build: (g: GraphBuilder) => readonly Value[];
  readonly inputs: Subject['inputs'];
  readonly answer?: Partial<TrialAnswer>;
  readonly manifest?: Partial<Manifest>;
  /** Metadata of the file, as Ultralytics writes it. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly features?: Features;
}

/** Features [N, 4, 4, 4] of an image [N, 3, 8, 8]. */
function features(g: GraphBuilder): Value {
  const x = g.input('image', 'float32', ['N', 3, 8, 8]);
  return g.op('Relu', [g.op('Conv', [x, weights(g, [4, 3, 2, 2], 21)], { strides: [2, 2] })]);
}

/** Centres of 16 places of 2 x 2 pixels, each with a box of 4 x 4. */
const PLACES = Array.from({ length: 16 }, (_, i) => [2 * (i % 4) + 1, 2 * Math.floor(i / 4) + 1, 4, 4]);

/** Candidates [N, 16, 4 + more] at the places of the features, with further numbers between 0 and 1. */
function candidates(g: GraphBuilder, more: number, seen = features(g)): Value {
  const head = g.op('Conv', [seen, weights(g, [4 + more, 4, 1, 1], 22)]);
  const rows = g.transpose(g.op('Reshape', [head, g.ints([0, 4 + more, 16])]), [0, 2, 1]);
  const part = (from: number, to: number) => g.op('Slice', [rows, g.ints([from]), g.ints([to]), g.ints([2])]);
  const boxes = g.add(g.mul(part(0, 4), g.scalar(0.1)), g.constant('float32', [1, 16, 4], PLACES.flat()));
  // Small logits: where a sigmoid is saturated, its slopes are the rounding of the engine.
  const shares = g.op('Sigmoid', [g.mul(part(4, 4 + more), g.scalar(0.25))]);
  return g.op('Concat', [boxes, shares], { axis: 2 });
}

/** States of six tokens, [N, 6, width], each of which has seen the others. */
function states(g: GraphBuilder, width: number): Value {
  const ids = g.input('input_ids', 'int64', ['N', 6]);
  const embedded = g.op('Gather', [weights(g, [12, 8], 23), ids]);
  const mixed = g.add(embedded, g.reduce('ReduceMean', embedded, [1]));
  // Without a bias, a cosine would be the same all the way from zero to the input, and jump at zero.
  const inner = g.op('Relu', [g.add(g.op('MatMul', [mixed, weights(g, [8, 8], 24)]), weights(g, [8], 27))]);
  return g.op('MatMul', [inner, weights(g, [8, width], 25)]);
}

const flat = (g: GraphBuilder, rows: Value, column: number, name: string): Value =>
  g.named(
    g.op('Squeeze', [g.op('Slice', [rows, g.ints([column]), g.ints([column + 1]), g.ints([2])]), g.ints([2])]),
    name,
  );

const TASKS = new TaskRegistry(builtinTasks);
const image = { image: imageTensor() };
const text = { input_ids: tensor('int64', [1, 6], tokens().data) };
const ANY = { read: { threshold: 0 } };

const ultralytics = (task: string, more: Readonly<Record<string, string>> = {}) => ({
  metadata: { task, stride: '2', imgsz: '[8, 8]', names: "{0: 'cup', 1: 'plate'}", ...more },
  inputs: image,
  answer: ANY,
});

/** Six tokens, the third of which is the mask and belongs to no word. */
const MASKED: Features = {
  list: ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name })),
  mask: { input_ids: Int32Array.of(0, 1, -1, 2, 3, 4) },
  asked: [2],
};

const MODELS: readonly TaskModel[] = [
  {
    task: 'object_detection',
    build: (g) => [g.named(candidates(g, 3), 'boxes')],
    inputs: image,
    answer: ANY,
    manifest: { labels: ['cup', 'plate'] },
  },
  {
    task: 'oriented_detection',
    build: (g) => [g.named(candidates(g, 3), 'boxes')],
    ...ultralytics('obb'),
  },
  {
    task: 'instance_segmentation',
    build: (g) => {
      const seen = features(g);
      const prototypes = g.op('Conv', [seen, weights(g, [3, 4, 1, 1], 28)]);
      return [g.named(candidates(g, 5, seen), 'boxes'), g.named(prototypes, 'prototypes')];
    },
    ...ultralytics('segment'),
  },
  {
    task: 'pose',
    build: (g) => [g.named(candidates(g, 5), 'boxes')],
    ...ultralytics('pose', { kpt_shape: '[1, 3]' }),
  },
  {
    task: 'token_classification',
    build: (g) => [g.named(states(g, 3), 'logits')],
    inputs: text,
    manifest: { labels: ['O', 'PER', 'LOC'] },
  },
  {
    task: 'question_answering',
    build: (g) => {
      const both = states(g, 2);
      return [flat(g, both, 0, 'start_logits'), flat(g, both, 1, 'end_logits')];
    },
    inputs: text,
  },
  { task: 'next_token', build: (g) => [g.named(states(g, 40), 'logits')], inputs: text },
  { task: 'fill_mask', build: (g) => [g.named(states(g, 40), 'logits')], inputs: text, features: MASKED },
  {
    task: 'similarity',
    build: (g) => [g.named(g.reduce('ReduceMean', states(g, 5), [1], false), 'embedding')],
    inputs: text,
    answer: { read: { similarTo: [1, -2, 0.5, 1, 3] }, targets: ['box:0'] },
  },
  {
    task: 'depth',
    build: (g) => [g.named(g.op('Conv', [features(g), weights(g, [1, 4, 1, 1], 26)]), 'depth')],
    inputs: image,
    // The layer's mean gradient, which Grad-CAM takes, is the same for every pixel.
    answer: { targets: ['point:1,1'] },
  },
  {
    task: 'image_to_image',
    // Twelve channels become three of twice the height and width.
    build: (g) => [
      g.named(
        g.op('DepthToSpace', [g.op('Conv', [features(g), weights(g, [12, 4, 1, 1], 29)])], { blocksize: 2 }),
        'image_out',
      ),
    ],
    inputs: image,
    answer: { targets: ['point:1,1'] },
  },
  {
    task: 'values',
    build: (g) => {
      const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [features(g)])]);
      return [g.named(g.op('MatMul', [pooled, weights(g, [4, 3], 30)]), 'values')];
    },
    inputs: image,
    answer: { targets: [0, 1] },
  },
];

/** The model of a file with these `metadata_props`: a protobuf message may come in pieces. */
function open(graph: Graph, manifest: Partial<Manifest>, metadata: Readonly<Record<string, string>>): Promise<Model> {
  const metadataProps = Object.entries(metadata).map(([key, value]) => ({ key, value }));
  const props = toBinary(ModelProtoSchema, create(ModelProtoSchema, { metadataProps }));
  const bytes = new Uint8Array([...write(graph).graph, ...props]);
  return Model.read({ bytes, manifest, forms: TASKS.forms });
}

/** The trial model of each task, opened as it is asked for. */
export const taskSubjects: readonly { readonly task: string; open(): Promise<Subject> }[] = MODELS.map(
  ({ task, build, inputs, answer, manifest, metadata = {}, features: words }) => ({
    task,
    open: async () => {
      const g = GraphBuilder.empty(task);
      const model = await open(g.build(build(g)), { task, ...manifest }, metadata);
      return {
        name: task,
        model,
        inputs,
        ...(words && { features: words }),
        answer: { tasks: builtinTasks, targets: ['box:0', 'box:1'], ...answer },
      };
    },
  }),
);
