/** Operators younger than the operator set of the graphs in memory: said with older ones, or refused. */
import { floatAttribute, intAttribute } from '../attributes.ts';
import { type Change, type Changes, refuse } from './context.ts';

const swish: Change = {
  to: Number.POSITIVE_INFINITY,
  rewrite(node, context) {
    const [x = ''] = node.inputs;
    const alpha = floatAttribute(node, 'alpha', 1);
    const dtype = context.typeOf(x)?.dtype ?? 'float32';
    const scaled =
      alpha === 1 ? x : context.emit(node, 'Mul', [x, context.constant(`${node.name}/alpha`, dtype, [], [alpha])]);
    return { ...node, op: 'Mul', inputs: [x, context.emit(node, 'Sigmoid', [scaled])], attributes: {} };
  },
};

/** x / sqrt(mean(x^2) + epsilon) * scale, the mean over the axes from `axis` on. */
const rmsNormalization: Change = {
  to: Number.POSITIVE_INFINITY,
  rewrite(node, context) {
    const [x = '', scale = ''] = node.inputs;
    const type = context.typeOf(x);
    const axis = intAttribute(node, 'axis', -1);
    const rank = type?.dims?.length ?? (axis < 0 ? 0 : refuse(node, 'it needs an input of known rank.'));
    const first = axis < 0 ? axis : axis - rank;
    const axes = Array.from({ length: -first }, (_, i) => first + i);
    const epsilon = context.constant(
      `${node.name}/epsilon`,
      type?.dtype ?? 'float32',
      [],
      [floatAttribute(node, 'epsilon', 1e-5)],
    );
    const square = context.emit(node, 'Mul', [x, x]);
    const mean = context.emit(node, 'ReduceMean', [square, context.ints(`${node.name}/axes`, axes)]);
    const root = context.emit(node, 'Sqrt', [context.emit(node, 'Add', [mean, epsilon])]);
    return { ...node, op: 'Mul', inputs: [context.emit(node, 'Div', [x, root]), scale], attributes: {} };
  },
};

/** Swish of the gate, times the value. */
const swiglu: Change = {
  to: Number.POSITIVE_INFINITY,
  rewrite(node, context) {
    const [gate = '', value = ''] = node.inputs;
    const swished = swish.rewrite({ ...node, op: 'Swish', inputs: [gate] }, context);
    return { ...node, op: 'Mul', inputs: [context.emit(node, swished.op, swished.inputs), value], attributes: {} };
  },
};

// Attention, RotaryEmbedding, TensorScatter, CumProd, BitCast, CausalConvWithState and LinearAttention stay as they are:
// the compiler takes apart what engines do not run, and `write` stamps the operator set that the others need.
export const newer: Changes = {
  Swish: [swish],
  RMSNormalization: [rmsNormalization],
  SwiGLU: [swiglu],
};
