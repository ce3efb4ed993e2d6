/**
 * Operators of the operator sets 1 to 6: broadcasting by attributes, attributes that became inputs or got other names.
 * @see https://github.com/onnx/onnx/blob/main/docs/Changelog.md
 */
import { floatAttribute, int, intAttribute, intsAttribute, stringAttribute } from '../attributes.ts';
import { constantValues } from '../constant.ts';
import { numberOfName } from '../elements.ts';
import type { Node } from '../graph.ts';
import { type Change, type Changes, type Context, refuse, without } from './context.ts';

/** Number of axes of a value, which the old broadcasting counts from. */
const rankOf = (node: Node, context: Context, name: string): number =>
  context.typeOf(name)?.dims?.length ?? refuse(node, `it needs the rank of "${name}", which is not known.`);

/** The second operand with axes of 1 behind, so that it lies along `axis` of the first as broadcasting from the right has it. */
function alongAxis(node: Node, context: Context, axis: number): string {
  const [a = '', b = ''] = node.inputs;
  const [rank, own] = [rankOf(node, context, a), rankOf(node, context, b)];
  const first = axis < 0 ? axis + rank : axis;
  const behind = rank - first - own;
  if (behind < 0) refuse(node, `its second operand does not fit from axis ${axis} on.`);
  if (behind === 0) return b;
  const axes = Array.from({ length: behind }, (_, i) => own + i);
  return context.emit(node, 'Unsqueeze', [b, context.ints(`${node.name}/axes`, axes)]);
}

/** Elementwise operators: the second operand is broadcast where `broadcast` says so, from `axis` on. */
const broadcasting: Change = {
  to: 7,
  rewrite(node, context) {
    const axis = intAttribute(node, 'axis');
    const attributes = without(node.attributes, 'broadcast', 'axis');
    if (intAttribute(node, 'broadcast', 0) !== 1 || axis === undefined) return { ...node, attributes };
    return { ...node, inputs: [node.inputs[0] ?? '', alongAxis(node, context, axis)], attributes };
  },
};

/** One slope for each channel lay along axis 1 without being said. */
const slopes: Change = {
  to: 7,
  rewrite(node, context) {
    const [x = '', slope = ''] = node.inputs;
    const dims = context.typeOf(slope)?.dims;
    if (dims?.length !== 1 || dims[0] === 1 || rankOf(node, context, x) < 2) return node;
    return { ...node, inputs: [x, alongAxis(node, context, 1)] };
  },
};

/** Its bias is broadcast in any case now. */
const gemm: Change = { to: 7, rewrite: (node) => ({ ...node, attributes: without(node.attributes, 'broadcast') }) };

/** Dropout and BatchNormalization said whether they run a test or a training, and meant training unless they did. */
const inferenceOnly: Change = {
  to: 7,
  rewrite(node) {
    if (intAttribute(node, 'is_test', 0) !== 1)
      refuse(node, 'it is in training mode (is_test is not 1). Export the model for inference.');
    return { ...node, attributes: without(node.attributes, 'is_test') };
  },
};

/** A type by its name. */
const castTo: Change = {
  to: 6,
  rewrite(node) {
    const name = stringAttribute(node, 'to') ?? refuse(node, 'it has no type to cast to.');
    const number = numberOfName(name) ?? refuse(node, `it casts to ${name}, which whylight does not work on.`);
    return { ...node, attributes: { ...node.attributes, to: int(number) } };
  },
};

const concatAxis: Change = {
  to: 4,
  rewrite: (node) => ({ ...node, attributes: { axis: int(1), ...node.attributes } }),
};

const padNames: Change = {
  to: 2,
  rewrite(node) {
    const { paddings, ...others } = node.attributes;
    return paddings ? { ...node, attributes: { ...others, pads: paddings } } : node;
  },
};

const reshape: Change = {
  to: 5,
  rewrite(node, context) {
    const shape = intsAttribute(node, 'shape') ?? refuse(node, 'it has no shape.');
    const inputs = [node.inputs[0] ?? '', context.ints(`${node.name}/shape`, shape)];
    return { ...node, inputs, attributes: without(node.attributes, 'shape') };
  },
};

/** Sizes of the parts, as an input that was withdrawn and came back later; the attribute is what the next version reads. */
const splitInput: Change = {
  to: 2,
  rewrite(node, context) {
    const [x = '', sizes = ''] = node.inputs;
    const attributes = { axis: int(0), ...node.attributes };
    if (sizes === '') return { ...node, attributes };
    const constant = context.constantOf(sizes) ?? refuse(node, 'the sizes of its parts are only known at run time.');
    const split = { type: 'ints' as const, value: Array.from(constantValues(constant), Number) };
    return { ...node, inputs: [x], attributes: { ...attributes, split } };
  },
};

/** A number of copies along one axis, both as inputs. */
const tile: Change = {
  to: 6,
  rewrite(node, context) {
    const [x = '', tiles = '', axis = ''] = node.inputs;
    const [count, along] = [tiles, axis].map((name) => {
      const constant = context.constantOf(name);
      return constant ? Number(constantValues(constant)[0]) : refuse(node, 'its copies are only known at run time.');
    }) as [number, number];
    const repeats = Array.from({ length: rankOf(node, context, x) }, (_, i) => (i === along ? count : 1));
    return { ...node, inputs: [x, context.ints(`${node.name}/repeats`, repeats)] };
  },
};

const upsample: Change = {
  to: 7,
  rewrite(node) {
    const [height, width] = ['height_scale', 'width_scale'].map(
      (name) => floatAttribute(node, name) ?? refuse(node, `it has no ${name}.`),
    ) as [number, number];
    const attributes = without(node.attributes, 'height_scale', 'width_scale');
    const mode = stringAttribute(node, 'mode', 'nearest') === 'bilinear' ? 'linear' : 'nearest';
    const scales = { type: 'floats' as const, value: [1, 1, height, width] };
    return { ...node, attributes: { ...attributes, mode: { type: 'string', value: mode }, scales } };
  },
};

/** The order of the norm was a real number. */
const wholeOrder: Change = {
  to: 2,
  rewrite(node) {
    const p = node.attributes.p?.type === 'float' ? node.attributes.p.value : 2;
    if (!Number.isInteger(p)) refuse(node, `a norm of order ${p} has no counterpart in newer operator sets.`);
    return { ...node, attributes: { ...node.attributes, p: int(p) } };
  },
};

/** Recurrent layers gave the whole sequence where asked; now they do where it is read. */
const sequenceOutput: Change = {
  to: 7,
  rewrite: (node) => ({ ...node, attributes: without(node.attributes, 'output_sequence') }),
};

const ELEMENTWISE = 'Add Sub Mul Div Pow And Or Xor Greater Less Equal';

export const oldest: Changes = {
  ...Object.fromEntries(ELEMENTWISE.split(' ').map((op) => [op, [broadcasting]])),
  ...Object.fromEntries(['RNN', 'GRU', 'LSTM'].map((op) => [op, [sequenceOutput]])),
  ...Object.fromEntries(['LpPool', 'GlobalLpPool'].map((op) => [op, [wholeOrder]])),
  ...Object.fromEntries(['Dropout', 'BatchNormalization'].map((op) => [op, [inferenceOnly]])),
  PRelu: [slopes],
  Gemm: [gemm],
  Cast: [castTo],
  Concat: [concatAxis],
  Pad: [padNames],
  Reshape: [reshape],
  Split: [splitInput],
  Tile: [tile],
  Upsample: [upsample],
};
