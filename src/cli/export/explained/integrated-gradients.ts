/** Integrated gradients inside the model: a loop over the points of the path. */
import { COTANGENT, compile, gradientName, type Optimize } from '../../../core/autodiff/compile.ts';
import { makeConstant } from '../../../core/onnx/constant.ts';
import { gaussLegendre } from '../../../core/tensor/gauss-legendre.ts';
import { bodyNode, hostOf, repeated, TURN } from './repeat.ts';
import { folded } from './shape-map.ts';
import { refused, type Subject, type Written } from './subject.ts';

/** Points on the path when none are given, as in the method. */
export const STEPS = 50;

const [ALPHAS, WEIGHTS, POINT, SUM, NEXT_SUM] = ['path/alphas', 'path/weights', 'point', 'sum', 'next_sum'];

/**
 * The mean gradient on the line from a baseline of zeros to the input, times the input, by Gauss-Legendre nodes. Each
 * turn of the loop computes one gradient, so that memory does not grow with the points.
 * @throws WhylightError `unprocessable_method` for an input that is not float32, and for texts; `not_differentiable`
 * @see https://arxiv.org/abs/1703.01365
 */
export function integratedGradients(subject: Subject, steps: number, optimize: Optimize): Written {
  const { model, info, source, outputs } = subject;
  const scores = info.scores.name;
  const isInput = model.graph.inputs.some(({ name }) => name === source.name);
  if (!isInput) throw refused(`"${source.name}" is an embedding, and the path leads to an input. Take saliency`);
  if (source.dtype !== 'float32') {
    throw refused(`the path to "${source.name}" needs a float32 input, not ${source.dtype}`);
  }
  const forward = compile(model.graph, { scores, outputs });
  const derivative = compile(model.graph, { scores, gradients: [source.name], topClass: false, optimize });
  const { alphas, weights } = gaussLegendre(steps);
  const { g, guest } = hostOf(
    subject,
    forward,
    derivative,
    (target) => ({ [source.name]: POINT, [COTANGENT]: target.name }),
    { [ALPHAS]: makeConstant('float32', [steps], alphas), [WEIGHTS]: makeConstant('float32', [steps], weights) },
  );
  const x = g.value(source.name);
  const [gradient = ''] = guest.outputs
    .filter(({ name }) => name.endsWith(gradientName(source.name)))
    .map(({ name }) => name);
  const [sum] = repeated(g, {
    turns: steps,
    opsets: derivative.opsets,
    state: { start: g.op('Sub', [x, x]), name: SUM, next: NEXT_SUM },
    nodes: [
      bodyNode('Gather', [ALPHAS, TURN], 'alpha'),
      bodyNode('Mul', [source.name, 'alpha'], POINT),
      ...guest.nodes,
      bodyNode('Gather', [WEIGHTS, TURN], 'weight'),
      bodyNode('Mul', [gradient, 'weight'], 'weighted'),
      bodyNode('Add', [SUM, 'weighted'], NEXT_SUM),
    ],
  });
  const attribution = g.op('Mul', [sum, x]);
  return { g, attribution, map: folded(g, attribution, subject) };
}
