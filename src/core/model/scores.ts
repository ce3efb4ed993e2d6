/** Finds the tensor that explanations start from: the logits, behind whatever the graph does to them at the end. */
import { producers } from '../onnx/edit.ts';
import type { Graph } from '../onnx/graph.ts';

/** How the graph turns the scores into its output. */
export type Link = 'softmax' | 'sigmoid';

export interface Scores {
  /** Name of the tensor. */
  readonly tensor: string;
  /** What lies between it and the output; absent when the output is the scores themselves. */
  readonly link?: Link;
}

const LINKS: Readonly<Record<string, Link>> = { Softmax: 'softmax', LogSoftmax: 'softmax', Sigmoid: 'sigmoid' };

/** Operators that only move or re-encode the numbers. */
const TRANSPARENT = new Set(
  'Identity Dropout Cast Reshape Flatten Squeeze Unsqueeze QuantizeLinear DequantizeLinear'.split(' '),
);

/** The logits in front of the final Softmax, LogSoftmax or Sigmoid of `output`; `output` itself when there is none. */
export function findScores(graph: Graph, output: string): Scores {
  const producer = producers(graph);
  let tensor = output;
  for (let node = producer.get(tensor); node; node = producer.get(tensor)) {
    const link = node.domain === '' ? LINKS[node.op] : undefined;
    if (link) return { tensor: node.inputs[0] as string, link };
    if (!TRANSPARENT.has(node.op)) break;
    tensor = node.inputs[0] as string;
  }
  return { tensor: output };
}
