/**
 * A model that explains itself: its own outputs, the attribution of a method and a normalised saliency map, in one plain
 * ONNX graph that any onnxruntime runs.
 */
import type { Optimize } from '../../../core/autodiff/compile.ts';
import type { Model } from '../../../core/model/model.ts';
import { prune } from '../../../core/onnx/edit.ts';
import type { Graph } from '../../../core/onnx/graph.ts';
import { integratedGradients, STEPS } from './integrated-gradients.ts';
import { CAM_METHODS, classActivationMap, imageGradient } from './one-pass.ts';
import { reciproCam } from './recipro-cam.ts';
import { stretched } from './shape-map.ts';
import { subjectOf, type Written } from './subject.ts';

/** Methods that can be written into a model, with their usual parameters. */
export const WRITTEN_METHODS = [
  ...CAM_METHODS,
  'recipro_cam',
  'saliency',
  'input_x_gradient',
  'integrated_gradients',
] as const;
export type WrittenMethod = (typeof WRITTEN_METHODS)[number];

/** Names of the outputs that are added. */
export const MAP_OUTPUT = 'saliency_map';
export const ATTRIBUTION_OUTPUT = 'attribution';

export interface ExplainedOptions {
  readonly method: WrittenMethod;
  /** Element of the scores that is explained in every row; the largest of each row when left out. */
  readonly target?: number;
  /** Points on the path of integrated gradients; 50 when left out. */
  readonly steps?: number;
  readonly optimize?: Optimize;
}

/**
 * @returns the model with two more outputs: `attribution`, [N, ...] at the image or at the layer of a CAM, and
 * `saliency_map`, [N, H, W] at the size of the image, between 0 and 1 in each row
 * @throws WhylightError `unprocessable_method` for a model without an image, without a layer of feature maps, or whose
 * scores are no list of classes; `label_not_found`; `not_differentiable`
 */
export function explainedGraph(model: Model, options: ExplainedOptions): Graph {
  const subject = subjectOf(model, options.target);
  const { g, attribution, map } = written(subject, options);
  const kept = [...new Set([...subject.outputs, subject.info.scores.name])].map((name) => g.value(name));
  return prune(g.build([...kept, g.named(attribution, ATTRIBUTION_OUTPUT), g.named(stretched(g, map), MAP_OUTPUT)]));
}

function written(
  subject: ReturnType<typeof subjectOf>,
  { method, steps = STEPS, optimize = 'speed' }: ExplainedOptions,
): Written {
  if (method === 'recipro_cam') return reciproCam(subject);
  if (method === 'integrated_gradients') return integratedGradients(subject, steps, optimize);
  if (method === 'saliency' || method === 'input_x_gradient') return imageGradient(subject, method, optimize);
  return classActivationMap(subject, method, optimize);
}
