/** Methods inside the model that are one pass through it and its derivative. */
import { COTANGENT, compile, gradientName, type Optimize } from '../../../core/autodiff/compile.ts';
import { GraphBuilder, type Value } from '../../../core/onnx/builder.ts';
import type { Graph } from '../../../core/onnx/graph.ts';
import { featureMaps, mapLayer } from './map-layer.ts';
import { enlarged, folded } from './shape-map.ts';
import { imageOf, oneHot, type Subject, type Written } from './subject.ts';

/**
 * Maps [N, h, w] of feature maps [N, C, h, w] and the gradient there. grad_cam: Selvaraju et al. 2017, equations 1 and 2;
 * hires_cam: Draelos and Carin 2020; layer_cam: Jiang et al. 2021, equation 7.
 */
const CAMS = {
  grad_cam: (g: GraphBuilder, gradient: Value, maps: Value) =>
    summed(g, g.op('ReduceMean', [gradient, g.ints([2, 3])], { keepdims: 1 }), maps),
  hires_cam: summed,
  layer_cam: (g: GraphBuilder, gradient: Value, maps: Value) => summed(g, g.op('Relu', [gradient]), maps),
} as const;

export const CAM_METHODS = ['grad_cam', 'hires_cam', 'layer_cam'] as const satisfies readonly (keyof typeof CAMS)[];

function summed(g: GraphBuilder, weights: Value, maps: Value): Value {
  const sum = g.op('ReduceSum', [g.op('Mul', [weights, maps]), g.ints([1])], { keepdims: 0 });
  return g.op('Relu', [sum]);
}

/**
 * A class activation map; its attribution is the map at the layer, [N, h, w], of tokens at their places.
 * @throws WhylightError `unprocessable_method` for a model without feature maps or tokens; `not_differentiable`
 */
export function classActivationMap(
  subject: Subject,
  method: (typeof CAM_METHODS)[number],
  optimize: Optimize,
): Written {
  const layer = mapLayer(subject);
  const { name } = layer.info;
  const { g, gradient } = withGradient(subject, name, optimize);
  const attribution = CAMS[method](g, featureMaps(g, gradient, layer), featureMaps(g, g.value(name), layer));
  return { g, attribution, map: enlarged(g, attribution, imageOf(subject)) };
}

/**
 * The magnitude of the gradient at the input, [N, ...input], or the gradient times the input; of a text, at its embedding.
 * @throws WhylightError `not_differentiable`
 */
export function inputGradient(subject: Subject, method: 'saliency' | 'input_x_gradient', optimize: Optimize): Written {
  const { source } = subject;
  const { g, gradient } = withGradient(subject, source.name, optimize);
  const attribution = method === 'saliency' ? g.op('Abs', [gradient]) : g.op('Mul', [gradient, g.value(source.name)]);
  return { g, attribution, map: folded(g, attribution, subject) };
}

function withGradient(subject: Subject, tensor: string, optimize: Optimize) {
  const { model, info, outputs } = subject;
  const isInput = model.graph.inputs.some(({ name }) => name === tensor);
  const compiled = compile(model.graph, {
    scores: info.scores.name,
    outputs,
    gradients: [tensor],
    ...(!isInput && { activations: [tensor] }),
    optimize,
  });
  const g = new GraphBuilder(withCotangent(compiled, subject)).under('explained/');
  return { g, gradient: g.value(gradientName(tensor)) };
}

/** The graph with its cotangent made by nodes, right behind the scores that they read. */
function withCotangent(compiled: Graph, subject: Subject): Graph {
  const { scores } = subject.info;
  const at = compiled.nodes.findIndex(({ outputs }) => outputs.includes(scores.name));
  const [before, behind] = [compiled.nodes.slice(0, at + 1), compiled.nodes.slice(at + 1)];
  const head = new GraphBuilder({
    ...compiled,
    inputs: compiled.inputs.filter(({ name }) => name !== COTANGENT),
    nodes: before,
  }).under('explained/');
  const cotangent = head.named(oneHot(head, subject), COTANGENT);
  const graph = head.build([cotangent]);
  return {
    ...compiled,
    inputs: graph.inputs,
    constants: new Map([...compiled.constants, ...graph.constants]),
    nodes: [...before, ...graph.nodes.filter((node) => !before.includes(node)), ...behind],
  };
}
