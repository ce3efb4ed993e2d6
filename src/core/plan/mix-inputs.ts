/** The mixing of inputs as a part of the graph: see `method/mixture.ts`. */

import { absentName, weightsName } from '../method/mixture.ts';
import { makeConstant } from '../onnx/constant.ts';
import type { Dim, Graph, Node, ValueInfo } from '../onnx/graph.ts';
import type { Inputs } from '../tensor/rows.ts';
import { float32, isFloat, type Tensor } from '../tensor/tensor.ts';

/** Before the names of what is new in the graph. */
const MIXTURE = 'mixture/';
/** Name of the graph input that stands for the model's own one, whose name the mixture has. */
const ownName = (input: string): string => `${MIXTURE}own/${input}`;
const OWN = ownName('');
const [ABSENT, WEIGHTS] = [absentName(''), weightsName('')];

/**
 * A forward graph whose floating point inputs are mixed in it. Each has three batches, which need to be equal or 1. `x` with
 * the weight 1 is x to the bit.
 */
export function mixInputs(graph: Graph): Graph {
  const constants = new Map(graph.constants);
  const nodes: Node[] = [];
  const write = (op: string, inputs: readonly string[], output: string): string => {
    nodes.push({ name: `${output}/${op}`, op, domain: '', inputs, outputs: [output], attributes: {} });
    return output;
  };
  const inputs = graph.inputs.flatMap((input): ValueInfo[] => {
    const { name, dtype, dims = [], whole } = input;
    const [batch, ...row] = dims;
    if (whole || batch === undefined || !isFloat(dtype)) return [input];
    const [own, absent, weights] = [ownName(name), absentName(name), weightsName(name)];
    const one = `${MIXTURE}one/${name}`;
    constants.set(one, makeConstant(dtype, [], [1]));
    const here = write('Mul', [weights, own], `${MIXTURE}here/${name}`);
    const rest = write('Sub', [one, weights], `${MIXTURE}rest/${name}`);
    write('Add', [here, write('Mul', [rest, absent], `${MIXTURE}gone/${name}`)], name);
    const several = (kind: string): Dim => (typeof batch === 'number' ? batch : kind);
    const open = (kind: string): Dim[] => row.map((_, axis) => `${kind}/${axis}`);
    return [
      { name: own, dtype, dims: [several(own), ...row] },
      { name: absent, dtype, dims: [several(absent), ...open(absent)] },
      { name: weights, dtype, dims: [batch, ...open(weights)] },
    ];
  });
  return { ...graph, inputs, constants, nodes: [...nodes, ...graph.nodes] };
}

/** True if rows of several runs may share a run: every input and output begins with one open batch dim. */
export const hasOneBatch = ({ inputs, outputs }: Graph): boolean =>
  !inputs.some(({ name }) => name.startsWith(OWN)) &&
  [...inputs, ...outputs].every(({ dims, whole }) => !whole && typeof dims?.[0] === 'string');

/**
 * Feed of an input of a blending graph: that of the rows, or a neutral value.
 * @returns undefined for an input of the model that the rows lack
 */
export function mixtureFeed({ name, dims = [] }: ValueInfo, rows: Inputs): Tensor | undefined {
  const given = rows[name.startsWith(OWN) ? name.slice(OWN.length) : name];
  if (given) return given;
  const neutral = (value: number): Tensor => float32(new Array(dims.length).fill(1), [value]);
  if (name.startsWith(ABSENT)) return neutral(0);
  return name.startsWith(WEIGHTS) ? neutral(1) : undefined;
}

/** True if a single row of this input of a blending graph serves any number of rows of the others. */
export const isBroadcast = ({ name, dims }: ValueInfo): boolean =>
  typeof dims?.[0] === 'string' && (name.startsWith(OWN) || name.startsWith(ABSENT));

/** Shapes of the model's inputs, and of those that stand for them. */
export const withOwnDims = (rows: Readonly<Record<string, readonly number[]>>) => ({
  ...rows,
  ...Object.fromEntries(Object.entries(rows).map(([name, dims]) => [ownName(name), dims])),
});
