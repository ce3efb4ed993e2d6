/** Small classifiers of each modality with seeded weights, opened as users open theirs: from the bytes of a file. */

import type { ReadRequest } from '../core/explainer/request.ts';
import type { Features } from '../core/modality/modality.ts';
import type { Manifest } from '../core/model/manifest.ts';
import { Model } from '../core/model/model.ts';
import type { TargetRequest } from '../core/model/target-request.ts';
import { GraphBuilder, type Value } from '../core/onnx/builder.ts';
import type { Dim, Graph } from '../core/onnx/graph.ts';
import { write } from '../core/onnx/write.ts';
import type { Task } from '../core/task/task.ts';
import { Random } from '../core/tensor/random.ts';
import type { Inputs } from '../core/tensor/rows.ts';
import { float32, sizeOf, type Tensor, tensor } from '../core/tensor/tensor.ts';

/** Trial model, and one row of inputs to explain with it. */
export interface Subject {
  readonly name: string;
  readonly model: Model;
  /** One row. */
  readonly inputs: Inputs;
  /** Words, columns or windows of the row; its elements when left out. */
  readonly features?: Features;
  /** One row with every feature absent; that of the method when left out. */
  readonly baselines?: Inputs;
  /** Typical rows of the model, for methods that average over several baselines. */
  readonly background?: Inputs;
  /** Reading of an answer that is no classes, such as boxes; targets are classes by their numbers when left out. */
  readonly answer?: TrialAnswer;
}

/** Task of a trial model, and targets among its predictions. */
export interface TrialAnswer {
  readonly tasks: readonly Task[];
  readonly read?: ReadRequest;
  /** Two targets with maps of their own, or one where the answer has no other. */
  readonly targets: readonly TargetRequest[];
}

/**
 * Writes a graph and reads it as a model, as users open theirs: from the bytes of a file.
 * @throws WhylightError `invalid_model`, or `invalid_config` when the manifest does not fit
 *
 * @example
 * import { openGraph, vectorGraph } from 'whylight/testing';
 * const model = await openGraph(vectorGraph(), { labels: ['a', 'b', 'c'] });
 */
export const openGraph = (graph: Graph, manifest?: Partial<Manifest>): Promise<Model> =>
  Model.read({ bytes: write(graph).graph, ...(manifest && { manifest }) });

/** Options of {@link imageGraph}: the batch dim, and the operator after the logits. */
export interface ImageOptions {
  readonly batch?: Dim;
  /** Operator after the logits. */
  readonly ending?: 'Softmax' | 'LogSoftmax' | 'Sigmoid';
}

/**
 * Makes a classifier of images [N, 3, 8, 8]: convolution, ReLU, convolution, ReLU, global average pooling and a linear
 * layer; 4 classes. Its tensors are `image`, `features`, `logits`, and `output` with an ending.
 *
 * @example
 * import { imageGraph, openGraph } from 'whylight/testing';
 * const model = await openGraph(imageGraph({ ending: 'Softmax' }));
 */
export function imageGraph({ batch = 'N', ending }: ImageOptions = {}): Graph {
  const g = GraphBuilder.empty('image');
  const x = g.input('image', 'float32', [batch, 3, 8, 8]);
  const features = convolution(g, convolution(g, x, 3, 6, 1), 6, 5, 2);
  const pooled = g.op('Flatten', [g.op('GlobalAveragePool', [g.named(features, 'features')])]);
  const logits = g.named(linear(g, pooled, 5, 4, 3), 'logits');
  return g.build([
    ending ? g.named(g.op(ending, [logits], ending === 'Sigmoid' ? {} : { axis: 1 }), 'output') : logits,
  ]);
}

/**
 * Makes a classifier of vectors `x`, [N, 5]: two linear layers with ReLU between; 3 classes, `logits`.
 *
 * @example
 * import { openGraph, vector, vectorGraph } from 'whylight/testing';
 * const model = await openGraph(vectorGraph());
 * const { rows } = await explainer.explain(model, { method: 'saliency', inputs: { x: vector() } });
 */
export function vectorGraph(): Graph {
  const g = GraphBuilder.empty('vector');
  const x = g.input('x', 'float32', ['N', 5]);
  return g.build([g.named(linear(g, g.op('Relu', [linear(g, x, 5, 8, 4)]), 8, 3, 5), 'logits')]);
}

/**
 * Makes a classifier of token ids `ids`, int64 [N, 6], each 0 to 11: embedding, mean over the tokens, two linear
 * layers; 2 classes behind a softmax.
 *
 * @example
 * import { openGraph, tokenGraph } from 'whylight/testing';
 * const model = await openGraph(tokenGraph());
 */
export function tokenGraph(): Graph {
  const g = GraphBuilder.empty('tokens');
  const ids = g.input('ids', 'int64', ['N', 6]);
  const table = g.constant('float32', [12, 4], new Random(6).normal(48));
  const embedded = g.named(g.op('Gather', [table, ids], { axis: 0 }), 'embedded');
  const mean = g.reduce('ReduceMean', embedded, [1], false);
  const logits = linear(g, g.op('Relu', [linear(g, mean, 4, 6, 7)]), 6, 2, 8);
  return g.build([g.named(g.op('Softmax', [g.named(logits, 'logits')], { axis: 1 }), 'probabilities')]);
}

function convolution(g: GraphBuilder, x: Value, from: number, to: number, seed: number): Value {
  const kernel = g.constant(
    'float32',
    [to, from, 3, 3],
    scaled(new Random(seed).normal(to * from * 9), Math.sqrt(from * 9)),
  );
  const bias = g.constant('float32', [to], scaled(new Random(seed, 1).normal(to), 4));
  return g.op('Relu', [g.op('Conv', [x, kernel, bias], { pads: [1, 1, 1, 1] })]);
}

function linear(g: GraphBuilder, x: Value, from: number, to: number, seed: number): Value {
  const weights = g.constant('float32', [from, to], new Random(seed).normal(from * to));
  return g.op('Gemm', [x, weights, g.constant('float32', [to], new Random(seed, 1).normal(to))]);
}

const scaled = (values: Float32Array, by: number): Float32Array => values.map((value) => value / by);

/**
 * Makes images for {@link imageGraph}: float32 [rows, 3, 8, 8] of normal random numbers.
 *
 * @example
 * import { imageTensor } from 'whylight/testing';
 * const inputs = { image: imageTensor(7, 2) }; // seed 7, two rows
 */
export const imageTensor = (seed = 1, rows = 1): Tensor<'float32'> => normal([rows, 3, 8, 8], seed);
/**
 * Makes vectors for {@link vectorGraph}: float32 [rows, 5] of normal random numbers.
 *
 * @example
 * import { vector } from 'whylight/testing';
 * const inputs = { x: vector(7, 2) }; // seed 7, two rows
 */
export const vector = (seed = 1, rows = 1): Tensor<'float32'> => normal([rows, 5], seed);
/**
 * Makes one row of token ids for {@link tokenGraph}: int64 [1, 6].
 *
 * @example
 * import { tokens } from 'whylight/testing';
 * const inputs = { ids: tokens() };
 */
export const tokens = (): Tensor<'int64'> => tensor('int64', [1, 6], [3, 7, 1, 11, 7, 0]);
const normal = (dims: readonly number[], seed: number): Tensor<'float32'> =>
  float32(dims, new Random(seed).normal(sizeOf(dims)));

/**
 * Makes the trial models of the contract suite, each with one row: `image`, `vector` and `tokens`.
 *
 * @example
 * import { subjects } from 'whylight/testing';
 * for (const { model, inputs } of await subjects()) await explainer.explain(model, { method: 'saliency', inputs });
 */
export async function subjects(): Promise<Subject[]> {
  return [
    { name: 'image', model: await openGraph(imageGraph({ ending: 'Softmax' })), inputs: { image: imageTensor() } },
    { name: 'vector', model: await openGraph(vectorGraph()), inputs: { x: vector() } },
    { name: 'tokens', model: await openGraph(tokenGraph()), inputs: { ids: tokens() } },
  ];
}

/**
 * Alias of {@link imageGraph} under its former name.
 * @deprecated Use {@link imageGraph}.
 *
 * @example
 * import { imageGraph } from 'whylight/testing';
 * const graph = imageGraph();
 */
export const pictureGraph = imageGraph;

/**
 * Alias of {@link imageTensor} under its former name.
 * @deprecated Use {@link imageTensor}.
 *
 * @example
 * import { imageTensor } from 'whylight/testing';
 * const inputs = { image: imageTensor() };
 */
export const picture = imageTensor;
