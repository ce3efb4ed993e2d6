/** Normalizations. */
import { intAttribute } from '../attributes.ts';
import type { Node } from '../graph.ts';
import { type Change, type Changes, type Context, refuse, without } from './context.ts';

const batchNormalization: Change = {
  to: 14,
  rewrite(node, context) {
    if (intAttribute(node, 'spatial', 1) !== 1) refuse(node, 'spatial = 0 has no counterpart in newer operator sets.');
    // Its other outputs are statistics for training.
    const [y = '', ...statistics] = node.outputs;
    const read = statistics.find((name) => name !== '' && context.isRead(name));
    if (read) refuse(node, `the graph reads its training statistics "${read}". Export the model for inference.`);
    return { ...node, outputs: [y], attributes: without(node.attributes, 'spatial') };
  },
};

/** Scale and bias: at first one number for each group, now one for each channel. */
const groupNormalization: Change = {
  to: 21,
  rewrite(node, context) {
    const [x = '', scale = '', bias = ''] = node.inputs;
    const groups = intAttribute(node, 'num_groups') ?? refuse(node, 'it has no num_groups.');
    const channels = context.typeOf(x)?.dims?.[1];
    if (typeof channels !== 'number' || groups < 1 || channels % groups !== 0) {
      return refuse(
        node,
        `it needs a known number of channels, a multiple of its ${groups} groups, but has ${channels ?? 'none'}.`,
      );
    }
    const perChannel = (name: string): string => repeated(node, context, name, groups, channels / groups);
    return { ...node, inputs: [x, perChannel(scale), perChannel(bias)] };
  },
};

/** Each element of a vector `times` over. */
function repeated(node: Node, context: Context, vector: string, length: number, times: number): string {
  if (times === 1) return vector;
  const column = context.emit(node, 'Reshape', [vector, context.ints(`${node.name}/column`, [length, 1])]);
  const matrix = context.emit(node, 'Expand', [column, context.ints(`${node.name}/repeat`, [length, times])]);
  return context.emit(node, 'Reshape', [matrix, context.ints(`${node.name}/flat`, [-1])]);
}

export const normalization: Changes = {
  BatchNormalization: [batchNormalization],
  GroupNormalization: [groupNormalization],
};
