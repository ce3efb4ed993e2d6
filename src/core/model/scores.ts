/** Finds the tensor that explanations start from: the logits, behind whatever the graph does to them at the end. */
import { producers } from '../onnx/edit.ts';
import type { Graph } from '../onnx/graph.ts';
import { traitsOf } from '../onnx/operators.ts';

/** How the graph turns the scores into its output. */
export type Link = 'softmax' | 'sigmoid';

export interface Scores {
  /** Name of the tensor. */
  readonly tensor: string;
  /** What lies between it and the output; absent when the output is the scores themselves. */
  readonly link?: Link;
}

const LINKS: ReadonlyMap<string, Link> = new Map([
  ['Softmax', 'softmax'],
  ['LogSoftmax', 'softmax'],
  ['Sigmoid', 'sigmoid'],
]);

/** The logits in front of the final Softmax, LogSoftmax or Sigmoid of `output`; `output` itself when there is none. */
export function findScores(graph: Graph, output: string): Scores {
  const producer = producers(graph);
  let tensor = output;
  for (let node = producer.get(tensor); node; node = producer.get(tensor)) {
    const link = node.domain === '' ? LINKS.get(node.op) : undefined;
    if (link) return { tensor: node.inputs[0] as string, link };
    if (!traitsOf(node).transparent) break;
    tensor = node.inputs[0] as string;
  }
  return { tensor: output };
}
