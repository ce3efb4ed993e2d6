/**
 * Scan of operator set 8, which runs every row of a batch by itself over the second axis: a Scan over the rows whose body
 * is a Scan over the steps.
 * @see https://github.com/onnx/onnx/blob/main/docs/Changelog.md#Scan-8
 */
import { graphAttr, graphAttribute, int, intAttribute, ints, intsAttribute } from '../attributes.ts';
import type { Dim, Graph, Node, ValueInfo } from '../graph.ts';
import { type Change, type Changes, refuse, type VersionedNode } from './context.ts';

/** The value under another name, with one axis more in front. */
const stacked = (info: ValueInfo, name: string): ValueInfo => {
  const { dims, ...rest } = info;
  return { ...rest, name, ...(dims && { dims: [`?${name}` as Dim, ...dims] }) };
};

/** The nodes of a body, marked as those of operator set 8: the Scan around them is newer. */
const marked = (body: Graph): Graph => ({
  ...body,
  nodes: body.nodes.map((node): VersionedNode => ({ opset: 8, ...node })),
});

/** One row: states and sequences as the body takes them, sequences with their steps in front. */
function rowGraph(node: Node, body: Graph, sequences: number): Graph {
  const states = body.inputs.length - sequences;
  const named = (kind: string, infos: readonly ValueInfo[]): ValueInfo[] =>
    infos.map((info, i) => {
      const name = `${node.name}/row/${kind}${i}`;
      return i < states ? { ...info, name } : stacked(info, name);
    });
  const inputs = named('in', body.inputs);
  const outputs = named('out', body.outputs);
  const steps: VersionedNode = {
    name: `${node.name}/steps`,
    op: 'Scan',
    domain: '',
    opset: 9,
    inputs: inputs.map(({ name }) => name),
    outputs: outputs.map(({ name }) => name),
    attributes: {
      body: graphAttr(marked(body)),
      num_scan_inputs: int(sequences),
      scan_input_directions: ints(intsAttribute(node, 'directions', Array<number>(sequences).fill(0))),
    },
  };
  return { name: `${node.name}/row`, opsets: body.opsets, inputs, outputs, constants: new Map(), nodes: [steps] };
}

const scan: Change = {
  to: 9,
  rewrite(node) {
    const [lengths, ...inputs] = node.inputs;
    if (lengths) refuse(node, 'rows of different lengths have no counterpart in newer operator sets.');
    const body = graphAttribute(node, 'body');
    if (!body) refuse(node, 'its body is missing.');
    const row = rowGraph(node, body, intAttribute(node, 'num_scan_inputs', 1));
    const attributes = { body: graphAttr(row), num_scan_inputs: int(inputs.length) };
    return { ...node, inputs, attributes };
  },
};

export const scans: Changes = { Scan: [scan] };
