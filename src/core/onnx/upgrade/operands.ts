/** Operators whose attributes became inputs. */
import { floatAttribute, int, intAttribute, intsAttribute } from '../attributes.ts';
import type { Node } from '../graph.ts';
import { type Change, type Changes, type Context, refuse, without } from './context.ts';

/** `axes` of Squeeze, Unsqueeze and the reductions. */
const axesAsInput = (to: number): Change => ({
  to,
  rewrite(node, context) {
    const axes = intsAttribute(node, 'axes');
    const [x = ''] = node.inputs;
    // None at all means the same in both forms: every axis there is.
    const inputs = axes?.length ? [x, context.ints(`${node.name}/axes`, axes)] : [x];
    return { ...node, inputs, attributes: without(node.attributes, 'axes') };
  },
});

const clip: Change = {
  to: 11,
  rewrite(node, context) {
    const [x = ''] = node.inputs;
    const dtype = context.typeOf(x)?.dtype ?? 'float32';
    const bound = (name: string): string => {
      const value = floatAttribute(node, name);
      return value === undefined ? '' : context.constant(`${node.name}/${name}`, dtype, [], [value]);
    };
    return { ...node, inputs: [x, bound('min'), bound('max')], attributes: without(node.attributes, 'min', 'max') };
  },
};

const pad: Change = {
  to: 11,
  rewrite(node, context) {
    const [x = ''] = node.inputs;
    const pads = intsAttribute(node, 'pads') ?? refuse(node, 'it has no pads.');
    const value = floatAttribute(node, 'value', 0);
    const inputs = [x, context.ints(`${node.name}/pads`, pads)];
    if (value !== 0) {
      const dtype = context.typeOf(x)?.dtype ?? 'float32';
      inputs.push(context.constant(`${node.name}/value`, dtype, [], [value]));
    }
    return { ...node, inputs, attributes: without(node.attributes, 'pads', 'value') };
  },
};

const slice: Change = {
  to: 10,
  rewrite(node, context) {
    const [x = ''] = node.inputs;
    const starts = intsAttribute(node, 'starts') ?? refuse(node, 'it has no starts.');
    const ends = intsAttribute(node, 'ends') ?? refuse(node, 'it has no ends.');
    const axes = intsAttribute(node, 'axes', [...starts.keys()]);
    const inputs = [
      x,
      ...Object.entries({ starts, ends, axes }).map(([name, values]) => context.ints(`${node.name}/${name}`, values)),
    ];
    return { ...node, inputs, attributes: without(node.attributes, 'starts', 'ends', 'axes') };
  },
};

const splitSizes: Change = {
  to: 13,
  rewrite(node, context) {
    const [x = ''] = node.inputs;
    const sizes = intsAttribute(node, 'split');
    const inputs = sizes ? [x, context.ints(`${node.name}/split`, sizes)] : [x];
    return { ...node, inputs, attributes: without(node.attributes, 'split') };
  },
};

const splitCount: Change = {
  to: 18,
  rewrite: (node) =>
    node.inputs[1] ? node : { ...node, attributes: { ...node.attributes, num_outputs: int(node.outputs.length) } },
};

const topK: Change = {
  to: 10,
  rewrite(node, context) {
    const [x = ''] = node.inputs;
    const k = intAttribute(node, 'k') ?? refuse(node, 'it has no k.');
    return { ...node, inputs: [x, context.ints(`${node.name}/k`, [k])], attributes: without(node.attributes, 'k') };
  },
};

const dftAxis: Change = {
  to: 20,
  rewrite(node, context) {
    const [x = '', length = ''] = node.inputs;
    const axis = context.constant(`${node.name}/axis`, 'int64', [], [intAttribute(node, 'axis', 1)]);
    return { ...node, inputs: [x, length, axis], attributes: without(node.attributes, 'axis') };
  },
};

/** In inference it passes its input on, whatever its ratio; only the form of the attribute changed. */
const dropout: Change = {
  to: 12,
  rewrite: (node: Node, context: Context) => {
    const [x = ''] = node.inputs;
    const [y = '', mask = ''] = node.outputs;
    const outputs = mask !== '' && context.isRead(mask) ? [y, mask] : [y];
    return { ...node, inputs: [x], outputs, attributes: without(node.attributes, 'ratio') };
  },
};

const REDUCTIONS =
  'ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare';

export const operands: Changes = {
  ...Object.fromEntries(REDUCTIONS.split(' ').map((op) => [op, [axesAsInput(18)]])),
  ReduceSum: [axesAsInput(13)],
  Squeeze: [axesAsInput(13)],
  Unsqueeze: [axesAsInput(13)],
  Clip: [clip],
  Pad: [pad],
  Slice: [slice],
  Split: [splitSizes, splitCount],
  TopK: [topK],
  DFT: [dftAxis],
  Dropout: [dropout],
};
