/** Recipro-CAM inside the model: a loop over the places of the feature maps, without a gradient. */
import { compile } from '../../../core/autodiff/compile.ts';
import type { GraphBuilder, Value } from '../../../core/onnx/builder.ts';
import { makeConstant } from '../../../core/onnx/constant.ts';
import type { Constant, Node } from '../../../core/onnx/graph.ts';
import { type MapLayer, mapLayer } from './map-layer.ts';
import { bodyNode, hostOf, repeated, TURN } from './repeat.ts';
import { enlarged, stretched } from './shape-map.ts';
import { imageOf, type Subject, type Written } from './subject.ts';

/** Weights of a place and its neighbours along one axis, as in the method. */
const KERNEL = [0.25, 0.5, 0.25];
const CELL_WEIGHTS = KERNEL.flatMap((a) => KERNEL.map((b) => a * b));

/** Whole numbers, `count` of them from `first` on. */
const numbers = (count: number, first: number): number[] => Array.from({ length: count }, (_, i) => first + i);

const [PLACES, SHAPE, CELLS, AXES, MASKED] = ['cam/places', 'cam/shape', 'cam/kernel', 'cam/axes', 'masked'];
const [KEPT, MASK_SHAPE, ORDER] = ['cam/kept', 'cam/mask_shape', 'cam/order'];

/**
 * The score of a layer of which one place and its neighbours are left, for each place, scaled to 0..1. Quantised models
 * can be explained so, and images of any dtype.
 * @throws WhylightError `unprocessable_method` for a model without feature maps or tokens
 * @see https://arxiv.org/abs/2209.14074
 */
export function reciproCam(subject: Subject): Written {
  const { model, info, outputs } = subject;
  const scores = info.scores.name;
  const layer = mapLayer(subject);
  const { name, dtype } = layer.info;
  const forward = compile(model.graph, { scores, outputs, activations: [name] });
  const behind = compile(model.graph, { scores, feeds: [name] });
  const rank = info.scores.dims.length;
  const { g, target, guest } = hostOf(subject, forward, behind, () => ({ [name]: MASKED }), {
    [CELLS]: makeConstant(dtype, [1, 1, 3, 3], CELL_WEIGHTS),
    [AXES]: makeConstant('int64', [rank], numbers(rank, 1)),
    ...maskConstants(layer),
  });
  const { places, size } = placesOf(g, layer);
  const answer = guest.outputs[0]?.name ?? '';
  const [answers] = repeated(g, {
    turns: places,
    opsets: behind.opsets,
    nodes: [
      bodyNode('Equal', [PLACES, TURN], 'here'),
      bodyNode('CastLike', ['here', CELLS], 'place'),
      bodyNode('Reshape', ['place', SHAPE], 'plane'),
      bodyNode('Conv', ['plane', CELLS], 'around', { pads: [1, 1, 1, 1] }),
      ...maskNodes(layer),
      bodyNode('Mul', [name, 'mask'], MASKED),
      ...guest.nodes,
      bodyNode('Mul', [answer, target.name], 'explained'),
      bodyNode('ReduceSum', ['explained', AXES], 'answer', { keepdims: 0 }),
    ],
    collected: [{ name: 'answer', dtype: info.scores.dtype, dims: ['N'] }],
  });
  const rows = g.op('Transpose', [answers], { perm: [1, 0] });
  const attribution = stretched(g, g.op('Reshape', [rows, g.op('Concat', [g.ints([-1]), size], { axis: 0 })]));
  return { g, attribution, map: enlarged(g, attribution, imageOf(subject)) };
}

/** Adds the numbers of the places and the shape of a plane for the body; returns the count of places and [h, w]. */
function placesOf(g: GraphBuilder, { info, grid }: MapLayer): { readonly places: Value; readonly size: Value } {
  const size = grid ? g.ints(grid) : g.op('Gather', [g.op('Shape', [g.value(info.name)]), g.ints([2, 3])]);
  const places = g.op('ReduceProd', [size], { keepdims: 0 });
  g.named(g.op('Range', [g.scalar(0, 'int64'), places, g.scalar(1, 'int64')]), PLACES);
  g.named(g.op('Concat', [g.ints([1, 1]), size], { axis: 0 }), SHAPE);
  return { places, size };
}

/** Constants of {@link maskNodes}. */
function maskConstants({ info: { dtype, dims }, layout }: MapLayer): Record<string, Constant> {
  const around = layout.channels === 'first' ? [1, -1] : [...dims.slice(0, -1).map(Number), 1];
  return {
    [MASK_SHAPE]: makeConstant('int64', [around.length + 1], [1, ...around]),
    [KEPT]: makeConstant(dtype, [1, layout.prefix], new Float32Array(layout.prefix).fill(1)),
    ...(layout.order && { [ORDER]: makeConstant('int64', [layout.order.length], layout.order) }),
  };
}

/** From a plane [1, 1, h, w] to the mask of a layer: tokens that stand for no place are kept. */
function maskNodes({ info: { dims }, layout: { channels, prefix, order } }: MapLayer): Node[] {
  if (channels === 'first' && dims.length === 3) return [bodyNode('Identity', ['around'], 'mask')];
  const nodes = [bodyNode('Flatten', ['around'], 'row')];
  if (order) nodes.push(bodyNode('Gather', ['row', ORDER], 'ordered', { axis: 1 }));
  const row = order ? 'ordered' : 'row';
  if (prefix > 0) nodes.push(bodyNode('Concat', [KEPT, row], 'tokens', { axis: 1 }));
  return [...nodes, bodyNode('Reshape', [prefix > 0 ? 'tokens' : row, MASK_SHAPE], 'mask')];
}
