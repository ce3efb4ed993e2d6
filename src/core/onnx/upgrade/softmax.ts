/**
 * Softmax and its kin. Before version 13 they saw their input as a matrix, everything from `axis` on (1 when left out)
 * being one row; since then they work along one axis.
 */
import { int, intAttribute } from '../attributes.ts';
import type { Dim, Node } from '../graph.ts';
import { type Change, type Changes, type Context, refuse } from './context.ts';

const alongOneAxis: Change = {
  to: 13,
  rewrite(node, context): Node {
    const [x = ''] = node.inputs;
    const axis = intAttribute(node, 'axis', 1);
    const dims = context.typeOf(x)?.dims;
    if (axis === -1) return { ...node, attributes: { axis: int(-1) } };
    if (dims && (axis < -dims.length || axis >= dims.length)) {
      refuse(node, `axis ${axis} does not exist in ${dims.length} dimensions.`);
    }
    const single = dims && onlyDim(dims, axis < 0 ? axis + dims.length : axis);
    if (single !== undefined) return { ...node, attributes: { axis: int(single) } };
    const flat = context.emit(node, 'Flatten', [x], { axis: int(axis) });
    const rows = context.emit(node, node.op, [flat], { axis: int(-1) });
    const shape = shapeOf(x, dims, node.name, context) ?? context.emit(node, 'Shape', [x]);
    return { ...node, op: 'Reshape', inputs: [rows, shape], attributes: {} };
  },
};

/** The axis that the row consists of, where all others from `axis` on have dim 1. */
function onlyDim(dims: readonly Dim[], axis: number): number | undefined {
  const larger = [...dims.keys()].filter((i) => i >= axis && dims[i] !== 1);
  return larger.length === 0 ? axis : larger.length === 1 ? larger[0] : undefined;
}

/** The shape as a constant, if no more than one dim is open. */
function shapeOf(x: string, dims: readonly Dim[] | undefined, name: string, context: Context): string | undefined {
  if (!dims || dims.includes(0) || dims.filter((d) => typeof d === 'string').length > 1) return undefined;
  if (dims.some((d) => typeof d === 'string' && d.includes('?'))) return undefined;
  return context.ints(
    `${name}/shape_of_${x}`,
    dims.map((d) => (typeof d === 'string' ? -1 : d)),
  );
}

export const softmax: Changes = { Softmax: [alongOneAxis], LogSoftmax: [alongOneAxis], Hardmax: [alongOneAxis] };
