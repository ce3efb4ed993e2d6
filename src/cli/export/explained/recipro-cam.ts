/** Recipro-CAM inside the model: a loop over the places of the feature maps, without a gradient. */
import { compile } from '../../../core/autodiff/compile.ts';
import { makeConstant } from '../../../core/onnx/constant.ts';
import { bodyNode, hostOf, repeated, TURN } from './repeat.ts';
import { enlarged, stretched } from './shape-map.ts';
import { featureLayer, type Subject, type Written } from './subject.ts';

/** Weights of a place and its neighbours along one axis, as in the method. */
const KERNEL = [0.25, 0.5, 0.25];
const CELL_WEIGHTS = KERNEL.flatMap((a) => KERNEL.map((b) => a * b));

/** Whole numbers, `count` of them from `first` on. */
const numbers = (count: number, first: number): number[] => Array.from({ length: count }, (_, i) => first + i);

const [PLACES, SHAPE, CELLS, AXES, MASKED] = ['cam/places', 'cam/shape', 'cam/kernel', 'cam/axes', 'masked'];

/**
 * The score of a layer of which one place and its neighbours are left, for each place, scaled to 0..1. Quantised models
 * can be explained so, and images of any dtype.
 * @throws WhylightError `unprocessable_method` for a model without feature maps of known size
 * @see https://arxiv.org/abs/2209.14074
 */
export function reciproCam(subject: Subject): Written {
  const { model, info, image, outputs } = subject;
  const scores = info.scores.name;
  const layer = featureLayer(subject);
  const [height = 0, width = 0] = layer.dims.slice(1).map(Number);
  const forward = compile(model.graph, { scores, outputs, activations: [layer.name] });
  const behind = compile(model.graph, { scores, feeds: [layer.name] });
  const rank = info.scores.dims.length;
  const places = height * width;
  const { g, target, guest } = hostOf(subject, forward, behind, () => ({ [layer.name]: MASKED }), {
    [PLACES]: makeConstant('int64', [places], numbers(places, 0)),
    [SHAPE]: makeConstant('int64', [4], [1, 1, height, width]),
    [CELLS]: makeConstant(layer.dtype, [1, 1, 3, 3], CELL_WEIGHTS),
    [AXES]: makeConstant('int64', [rank], numbers(rank, 1)),
  });
  const answer = guest.outputs[0]?.name ?? '';
  const [answers] = repeated(g, {
    turns: places,
    opsets: behind.opsets,
    nodes: [
      bodyNode('Equal', [PLACES, TURN], 'here'),
      bodyNode('CastLike', ['here', CELLS], 'place'),
      bodyNode('Reshape', ['place', SHAPE], 'plane'),
      bodyNode('Conv', ['plane', CELLS], 'mask', { pads: [1, 1, 1, 1] }),
      bodyNode('Mul', [layer.name, 'mask'], MASKED),
      ...guest.nodes,
      bodyNode('Mul', [answer, target.name], 'explained'),
      bodyNode('ReduceSum', ['explained', AXES], 'answer', { keepdims: 0 }),
    ],
    collected: [{ name: 'answer', dtype: info.scores.dtype, dims: ['N'] }],
  });
  const rows = g.op('Transpose', [answers], { perm: [1, 0] });
  const attribution = stretched(g, g.op('Reshape', [rows, g.ints([-1, height, width])]));
  return { g, attribution, map: enlarged(g, attribution, image) };
}
