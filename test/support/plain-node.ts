/** Nodes of ai.onnx with one output, for graphs that tests write down. */
import type { Attribute, Node } from '../../src/core/onnx/graph.ts';

export const node = (
  op: string,
  inputs: string[],
  output: string,
  attributes: Record<string, Attribute> = {},
): Node => ({
  name: `${op}_${output}`,
  op,
  domain: '',
  inputs,
  outputs: [output],
  attributes,
});
