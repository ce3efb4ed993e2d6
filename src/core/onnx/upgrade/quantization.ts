/** QuantizeLinear of newer operator sets: to numbers of less than a byte, and with a precision for its scale. */
import { int, intAttribute } from '../attributes.ts';
import { elementNumber } from '../elements.ts';
import type { Node } from '../graph.ts';
import { type NarrowType, narrowRange, narrowType } from '../narrow.ts';
import { type Change, type Changes, type Context, refuse, without } from './context.ts';

/** Numbers beyond the range by less than this round to its ends. */
const MARGIN = 0.499;

/** The type of the quantised numbers where it is less than a byte wide: that of the zero point, or the one named. */
function narrowOutput(node: Node, context: Context): NarrowType | undefined {
  const zero = context.constantOf(node.inputs[2] ?? '');
  if (!zero) return narrowType(intAttribute(node, 'output_dtype', 0));
  return zero.bits && { dtype: zero.dtype === 'int8' ? 'int8' : 'uint8', bits: zero.bits };
}

/** Scale or zero point in a shape that broadcasts along the axis of the node. */
function alongAxis(node: Node, name: string, context: Context): string {
  const rank = context.typeOf(node.inputs[0] ?? '')?.dims?.length;
  const own = context.typeOf(name)?.dims?.length;
  if (own === 0 || own === undefined) return name;
  if (rank === undefined) refuse(node, 'it needs an input of known rank.');
  const axis = intAttribute(node, 'axis', 1);
  const behind = rank - 1 - (axis < 0 ? axis + rank : axis);
  const shape = context.ints(`${node.name}/along`, [-1, ...Array<number>(behind).fill(1)]);
  return behind === 0 ? name : context.emit(node, 'Reshape', [name, shape]);
}

/** The node in bytes, its input held within what the narrow type can say: bytes alone would not saturate there. */
function inBytes(node: Node, type: NarrowType, context: Context): Node {
  const [x = '', scale = '', zero = ''] = node.inputs;
  if (intAttribute(node, 'block_size', 0) > 0) {
    refuse(
      node,
      `quantisation to ${type.bits} bits in blocks is not supported. Leave out this node and the DequantizeLinear behind it (quantise the weights alone), or quantise to 8 bits.`,
    );
  }
  const dtype = context.typeOf(x)?.dtype ?? 'float32';
  const factor = alongAxis(node, scale, context);
  const middle = zero && context.emit(node, 'CastLike', [alongAxis(node, zero, context), factor]);
  const bound = (name: string, number: number): string => {
    const limit = context.constant(`${node.name}/${name}`, dtype, [], [number]);
    const steps = middle ? context.emit(node, 'Sub', [limit, middle]) : limit;
    return context.emit(node, 'Mul', [steps, factor]);
  };
  const [low, high] = narrowRange(type);
  const raised = context.emit(node, 'Max', [x, bound('low', low - MARGIN)]);
  const held = context.emit(node, 'Min', [raised, bound('high', high + MARGIN)]);
  const attributes = { ...without(node.attributes, 'output_dtype'), ...outputType(zero, type) };
  return { ...node, inputs: [held, scale, zero], attributes };
}

/** Without a zero point the node names its type. */
const outputType = (zero: string, { dtype }: NarrowType): Node['attributes'] =>
  zero ? {} : { output_dtype: int(elementNumber(dtype)) };

const quantizeLinear: Change = {
  to: Number.POSITIVE_INFINITY,
  rewrite(node, context) {
    const plain = { ...node, attributes: without(node.attributes, 'precision') };
    const type = narrowOutput(plain, context);
    return type ? inBytes(plain, type, context) : plain;
  },
};

export const quantizations: Changes = { QuantizeLinear: [quantizeLinear] };

/**
 * GatherBlockQuantized of a table of numbers of less than a byte, which is held in bytes: the entries are looked up, then
 * dequantised. Other tables stay, for the engine to read.
 */
export function narrowGather(node: Node, context: Context): Node {
  const [table = '', ids = '', scales = '', zeros = ''] = node.inputs;
  const data = context.constantOf(table);
  if (!data?.bits) return node;
  const rank = data.dims.length;
  const [gathered, quantised] = [fromFront(node, 'gather_axis', 0, rank), fromFront(node, 'quantize_axis', 1, rank)];
  if (gathered === quantised) refuse(node, 'it looks entries up along the axis of its blocks.');
  const entries = (name: string): string => context.emit(node, 'Gather', [name, ids], { axis: int(gathered) });
  const attributes = {
    // Ids may have any rank: an axis behind theirs counts from the end.
    axis: int(quantised > gathered ? quantised - rank : quantised),
    block_size: int(intAttribute(node, 'block_size', 128)),
  };
  const inputs = [table, scales, ...(zeros ? [zeros] : [])].map(entries);
  return { ...node, op: 'DequantizeLinear', domain: '', inputs, attributes };
}

function fromFront(node: Node, name: string, missing: number, rank: number): number {
  const axis = intAttribute(node, name, missing);
  return axis < 0 ? axis + rank : axis;
}
