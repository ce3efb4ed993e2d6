/**
 * A model that explains itself: its own outputs, the attribution of a method and a normalised saliency map, in one plain
 * ONNX graph that any onnxruntime runs.
 */
import { COTANGENT, compile, gradientName, type Optimize } from '../../core/autodiff/compile.ts';
import { WhylightError } from '../../core/errors.ts';
import { imageInput, type TensorInfo } from '../../core/model/info.ts';
import type { BoundInfo, Model } from '../../core/model/model.ts';
import { GraphBuilder, type Value } from '../../core/onnx/builder.ts';
import { prune } from '../../core/onnx/edit.ts';
import type { Graph, Node } from '../../core/onnx/graph.ts';

/** Methods that are one pass through one graph. */
export const ONE_PASS_METHODS = ['grad_cam', 'saliency', 'input_x_gradient'] as const;
export type OnePassMethod = (typeof ONE_PASS_METHODS)[number];

/** Names of the outputs that are added. */
export const MAP_OUTPUT = 'saliency_map';
export const ATTRIBUTION_OUTPUT = 'attribution';

export interface ExplainedOptions {
  readonly method: OnePassMethod;
  /** Element of the scores that is explained in every row; the largest of each row when left out. */
  readonly target?: number;
  readonly optimize?: Optimize;
}

/** Smallest range of a map that is stretched to 0..1. */
const MIN_RANGE = 1e-12;

/**
 * @returns the model with two more outputs: `attribution`, [N, ...] at the image or at the layer of Grad-CAM, and
 * `saliency_map`, [N, H, W] at the size of the image, between 0 and 1 in each row
 * @throws WhylightError `unprocessable_method` for a model without an image, without a layer of feature maps, or whose
 * scores are no list of classes; `not_differentiable`
 */
export function explainedGraph(model: Model, { method, target, optimize = 'speed' }: ExplainedOptions): Graph {
  const info = model.info();
  const image = imageInput(info);
  if (!image) throw refused(method, 'the model sees no image');
  checkScores(info, method, target);
  const layer = method === 'grad_cam' ? camLayer(info) : image;
  const outputs = model.file.outputs.map(({ name }) => name);
  const compiled = compile(model.graph, {
    scores: info.scores.name,
    outputs,
    gradients: [layer.name],
    ...(layer !== image && { activations: [layer.name] }),
    optimize,
  });
  const g = new GraphBuilder(withCotangent(compiled, info, target)).under('explained/');
  const gradient = g.value(gradientName(layer.name));
  const attribution = method === 'saliency' ? gradient : weighted(g, method, gradient, g.value(layer.name));
  const map = method === 'grad_cam' ? attribution : folded(g, method, attribution, image);
  const enlarged = method === 'grad_cam' ? enlarge(g, map, image) : map;
  const kept = [...new Set([...outputs, info.scores.name])].map((name) => g.value(name));
  const added = [g.named(attribution, ATTRIBUTION_OUTPUT), g.named(normalised(g, enlarged), MAP_OUTPUT)];
  const graph = g.build([...kept, ...added]);
  return prune(graph);
}

function checkScores({ scores, scoreSize }: BoundInfo, method: string, target: number | undefined): void {
  const isVector = scores.dims.filter((dim) => dim !== 1).length <= 1 && typeof scores.dims[0] === 'number';
  if (!isVector) throw refused(method, `the scores "${scores.name}" are no list of classes`);
  if (target === undefined || (target >= 0 && target < scoreSize)) return;
  throw new WhylightError('label_not_found', `There is no score ${target}: there are ${scoreSize}, from 0 on.`, {
    target,
    maximum: scoreSize - 1,
  });
}

function camLayer({ camLayer: layer }: BoundInfo): TensorInfo {
  if (layer?.dims.length === 3 && layer.channelAxis === 0) return layer;
  throw refused('grad_cam', 'the model has no layer of feature maps [N, C, H, W]');
}

const refused = (method: string, why: string): WhylightError =>
  new WhylightError('unprocessable_method', `${method} cannot be written into the model: ${why}.`, { method });

/** The cotangent as nodes: zeros, which stand for the top class, or 1 at the target. */
function withCotangent(compiled: Graph, { scores, scoreSize }: BoundInfo, target: number | undefined): Graph {
  const at = compiled.nodes.findIndex(({ outputs }) => outputs.includes(scores.name));
  const constants = new Map(compiled.constants);
  const zeros = target === undefined ? COTANGENT : `${COTANGENT}/zeros`;
  const nodes: Node[] = [plain('Sub', [scores.name, scores.name], zeros)];
  if (target !== undefined) {
    const g = GraphBuilder.empty();
    const oneHot = g.constant(
      scores.dtype,
      [1, ...scores.dims.map(Number)],
      Array.from({ length: scoreSize }, (_, i) => Number(i === target)),
    );
    const constant = g.constantData(oneHot);
    if (constant) constants.set(`${COTANGENT}/target`, constant);
    nodes.push(plain('Add', [zeros, `${COTANGENT}/target`], COTANGENT));
  }
  return {
    ...compiled,
    constants,
    inputs: compiled.inputs.filter(({ name }) => name !== COTANGENT),
    nodes: [...compiled.nodes.slice(0, at + 1), ...nodes, ...compiled.nodes.slice(at + 1)],
  };
}

const plain = (op: string, inputs: readonly string[], output: string): Node => ({
  name: `explained/${output}`,
  op,
  domain: '',
  inputs,
  outputs: [output],
  attributes: {},
});

/** Grad-CAM's map [N, h, w] (Selvaraju et al. 2017, equations 1 and 2), or the gradient times its tensor. */
function weighted(g: GraphBuilder, method: OnePassMethod, gradient: Value, tensor: Value): Value {
  if (method === 'input_x_gradient') return g.op('Mul', [gradient, tensor]);
  const weights = g.op('ReduceMean', [gradient, g.ints([2, 3])], { keepdims: 1 });
  const sum = g.op('ReduceSum', [g.op('Mul', [weights, tensor]), g.ints([1])], { keepdims: 0 });
  return g.op('Relu', [sum]);
}

/** Channels of the image become one: the length of a slope, the sum of contributions. */
function folded(g: GraphBuilder, method: OnePassMethod, attribution: Value, { channelAxis = 0 }: TensorInfo): Value {
  const axes = g.ints([channelAxis + 1]);
  return method === 'saliency'
    ? g.op('ReduceL2', [attribution, axes], { keepdims: 0 })
    : g.op('ReduceSum', [attribution, axes], { keepdims: 0 });
}

/** [N, h, w] to [N, H, W], bilinear, as the maps of answers are enlarged. */
function enlarge(g: GraphBuilder, map: Value, { dims, channelAxis }: TensorInfo): Value {
  const size = dims.filter((_, axis) => axis !== channelAxis).map(Number);
  if (!size.every(Number.isInteger)) throw refused('grad_cam', 'the size of the image is open');
  const rows = g.op('Gather', [g.op('Shape', [map]), g.ints([0])]);
  const sizes = g.op('Concat', [rows, g.ints([1, ...size])], { axis: 0 });
  const planes = g.op('Unsqueeze', [map, g.ints([1])]);
  const resized = g.op('Resize', [planes, undefined, undefined, sizes], {
    mode: 'linear',
    coordinate_transformation_mode: 'half_pixel',
  });
  return g.op('Squeeze', [resized, g.ints([1])]);
}

/** Each row between 0 and 1; a row that is the same everywhere is 0. */
function normalised(g: GraphBuilder, map: Value): Value {
  const axes = g.ints([1, 2]);
  const low = g.op('ReduceMin', [map, axes], { keepdims: 1 });
  const high = g.op('ReduceMax', [map, axes], { keepdims: 1 });
  const range = g.op('Max', [g.op('Sub', [high, low]), g.scalar(MIN_RANGE)]);
  return g.op('Div', [g.op('Sub', [map, low]), range]);
}
