/**
 * A model that explains itself: its own outputs, the attribution of a method and a normalised saliency map, in one plain
 * ONNX graph that any onnxruntime runs.
 */
import type { Optimize } from '../../../core/autodiff/compile.ts';
import type { Model } from '../../../core/model/model.ts';
import { prune, subgraphs } from '../../../core/onnx/edit.ts';
import { elementNumber } from '../../../core/onnx/elements.ts';
import type { Graph, Node } from '../../../core/onnx/graph.ts';
import { type FileTypes, inFileForm } from './file-form.ts';
import { integratedGradients, STEPS } from './integrated-gradients.ts';
import { CAM_METHODS, classActivationMap, inputGradient } from './one-pass.ts';
import { reciproCam } from './recipro-cam.ts';
import { stretched } from './shape-map.ts';
import { ATTRIBUTION_OUTPUT, type ExplainedTarget, MAP_OUTPUT, subjectOf, type Written } from './subject.ts';

/** Methods that can be written into a model, with their usual parameters. */
export const WRITTEN_METHODS = [
  ...CAM_METHODS,
  'recipro_cam',
  'saliency',
  'input_x_gradient',
  'integrated_gradients',
] as const;
export type WrittenMethod = (typeof WRITTEN_METHODS)[number];

export interface ExplainedOptions {
  readonly method: WrittenMethod;
  readonly target?: ExplainedTarget;
  /** Points on the path of integrated gradients; 50 when left out. */
  readonly steps?: number;
  readonly optimize?: Optimize;
  /** Element types in the file that the model in memory no longer has. */
  readonly types?: FileTypes;
}

/**
 * Writes a method into a model. Inputs and outputs of the model stay as its file has them.
 * @returns the model with two more outputs: `attribution`, [N, ...] at the input or at the layer of a CAM, and
 * `saliency_map`, at the size of the input ([N, H, W] of an image), between 0 and 1 in each row
 * @throws WhylightError `unprocessable_method` for a class activation map of a model without an image or feature maps, for
 * a model of several inputs without an image, and where the scores are no list of classes; `label_not_found`;
 * `not_differentiable`
 */
export function explainedGraph(model: Model, options: ExplainedOptions): Graph {
  const subject = subjectOf(model, options.target);
  const { g, attribution, map } = written(subject, options);
  const kept = [...new Set([...subject.outputs, subject.info.scores.name])].map((name) => g.value(name));
  const drawn = g.named(g.op('Cast', [stretched(g, map)], { to: elementNumber('float32') }), MAP_OUTPUT);
  const graph = prune(g.build([...kept, g.named(attribution, ATTRIBUTION_OUTPUT), drawn]));
  return inFileForm(withUsedDomains(graph), model, options.types ?? new Map());
}

/** The graph with the versions of those operator sets that its nodes are from. */
function withUsedDomains(graph: Graph): Graph {
  const used = new Set(['', ...operatorsOf(graph).map(({ domain }) => domain)]);
  return { ...graph, opsets: Object.fromEntries(Object.entries(graph.opsets).filter(([domain]) => used.has(domain))) };
}

/** Nodes of a graph, with those of its loops and branches. */
const operatorsOf = (graph: Graph): Node[] =>
  graph.nodes.flatMap((node) => [node, ...subgraphs(node).flatMap(operatorsOf)]);

/** Operators of a graph outside of `ai.onnx`, as `domain.Operator`, each once. */
export const foreignOperators = (graph: Graph): string[] => [
  ...new Set(operatorsOf(graph).flatMap(({ domain, op }) => (domain === '' ? [] : [`${domain}.${op}`]))),
];

function written(
  subject: ReturnType<typeof subjectOf>,
  { method, steps = STEPS, optimize = 'speed' }: ExplainedOptions,
): Written {
  if (method === 'recipro_cam') return reciproCam(subject);
  if (method === 'integrated_gradients') return integratedGradients(subject, steps, optimize);
  if (method === 'saliency' || method === 'input_x_gradient') return inputGradient(subject, method, optimize);
  return classActivationMap(subject, method, optimize);
}
