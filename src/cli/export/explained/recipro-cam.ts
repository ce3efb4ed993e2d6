/** Recipro-CAM inside the model: a loop over the places of the feature maps, without a gradient. */
import { compile } from '../../../core/autodiff/compile.ts';
import { GraphBuilder } from '../../../core/onnx/builder.ts';
import { makeConstant } from '../../../core/onnx/constant.ts';
import { bodyNode, guestOf, repeated, TURN } from './repeat.ts';
import { enlarged, stretched } from './shape-map.ts';
import { featureLayer, oneHot, type Subject, type Written } from './subject.ts';

/** Weights of a place and its neighbours along one axis, as in the method. */
const KERNEL = [0.25, 0.5, 0.25];

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
  const draft = new GraphBuilder(forward).under('explained/');
  const target = oneHot(draft, subject);
  const base = draft.build([...forward.outputs.map(({ name }) => draft.value(name)), target]);
  const { graph, constants } = guestOf(behind, base, { [layer.name]: MASKED });
  const own = new Map([
    [
      PLACES,
      makeConstant(
        'int64',
        [height * width],
        Array.from({ length: height * width }, (_, i) => i),
      ),
    ],
    [SHAPE, makeConstant('int64', [4], [1, 1, height, width])],
    [
      CELLS,
      makeConstant(
        layer.dtype,
        [1, 1, 3, 3],
        KERNEL.flatMap((a) => KERNEL.map((b) => a * b)),
      ),
    ],
    [
      AXES,
      makeConstant(
        'int64',
        [info.scores.dims.length],
        info.scores.dims.map((_, i) => i + 1),
      ),
    ],
  ]);
  const g = new GraphBuilder({ ...base, constants: new Map([...base.constants, ...constants, ...own]) });
  g.under('explained/');
  const answer = graph.outputs[0]?.name ?? '';
  const [answers] = repeated(g, {
    turns: height * width,
    opsets: behind.opsets,
    nodes: [
      bodyNode('Equal', [PLACES, TURN], 'here'),
      bodyNode('CastLike', ['here', CELLS], 'place'),
      bodyNode('Reshape', ['place', SHAPE], 'plane'),
      bodyNode('Conv', ['plane', CELLS], 'mask', { pads: [1, 1, 1, 1] }),
      bodyNode('Mul', [layer.name, 'mask'], MASKED),
      ...graph.nodes,
      bodyNode('Mul', [answer, target.name], 'explained'),
      bodyNode('ReduceSum', ['explained', AXES], 'answer', { keepdims: 0 }),
    ],
    collected: [{ name: 'answer', dtype: info.scores.dtype, dims: ['N'] }],
  });
  const rows = g.op('Transpose', [answers], { perm: [1, 0] });
  const attribution = stretched(g, g.op('Reshape', [rows, g.ints([-1, height, width])]));
  return { g, attribution, map: enlarged(g, attribution, image) };
}
