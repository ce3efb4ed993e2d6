/** Convolution convolution: its input gradient is the convolution that it transposes. */
import { intAttribute, intsAttribute, stringAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { isStatic } from '../../onnx/dims.ts';
import type { Node } from '../../onnx/graph.ts';
import type { Window } from '../../onnx/window.ts';
import { defineRule, type Rule, type RuleCase } from '../rule.ts';
import { rankOf, refuse, upTo } from './axes.ts';
import { kernelGradient } from './convolution.ts';
import type { Convolution } from './convolution-kernel.ts';

/** Window of the convolution that the node transposes, over its output y. */
function windowOver(node: Node, x: Value, w: Value, y: Value): Window {
  const kernel = w.dims?.slice(2);
  if (!isStatic(kernel)) refuse(node, 'the dims of its kernel are not known before the run');
  const ones = kernel.map(() => 1);
  const zeros = kernel.map(() => 0);
  const strides = intsAttribute(node, 'strides', ones);
  const dilations = intsAttribute(node, 'dilations', ones);
  const autoPad = stringAttribute(node, 'auto_pad', 'NOTSET');
  const given = autoPad === 'NOTSET' && !node.attributes.output_shape;
  const pads = intsAttribute(node, 'pads', [...zeros, ...zeros]);
  const fixed = { kernel, strides, dilations };
  const [from, to] = [x.dims?.slice(2), y.dims?.slice(2)];
  if (!isStatic(from) || !isStatic(to)) {
    if (!given) refuse(node, 'with auto_pad or output_shape, its dims have to be known before the run');
    return { ...fixed, padsBegin: pads.slice(0, kernel.length), padsEnd: pads.slice(kernel.length) };
  }
  const outputPadding = intsAttribute(node, 'output_padding', zeros);
  const reach = kernel.map((k, i) => (dilations[i] as number) * (k - 1) + 1);
  // How far the windows of all positions of x reach past y.
  const surplus = from.map((n, i) => (strides[i] as number) * (n - 1) + (reach[i] as number) - (to[i] as number));
  const padsBegin = surplus.map((s, i) => {
    if (given) return pads[i] as number;
    // A stride beyond the window leaves nothing to cut off.
    const total = Math.max(0, s + (outputPadding[i] as number));
    return autoPad === 'SAME_UPPER' ? Math.floor(total / 2) : total - Math.floor(total / 2);
  });
  return { ...fixed, padsBegin, padsEnd: surplus.map((s, i) => Math.max(s - (padsBegin[i] as number), 0)) };
}

function inputGradient({ g, x, w, dy, window, group }: Convolution): Value {
  const { kernel, strides, dilations, padsBegin, padsEnd } = window;
  const pads = [...padsBegin, ...padsEnd];
  const spread = g.op('Conv', [dy, w], { kernel_shape: kernel, strides, dilations, group, pads });
  const fits = isStatic(x.dims?.slice(2)) && x.dims?.slice(2).every((n, i) => n === spread.dims?.[i + 2]);
  return fits ? spread : cut(g, spread, x);
}

/** Output padding of a stride or more gives positions that no element of x made. */
function cut(g: GraphBuilder, dx: Value, x: Value): Value {
  const axes = upTo((x.dims?.length ?? 2) - 2).map((i) => i + 2);
  return g.op('Slice', [dx, g.ints(axes.map(() => 0)), g.op('Shape', [x], { start: 2 }), g.ints(axes)]);
}

const kernel = (...dims: number[]) => ({ dims, constant: true });
const cases: readonly RuleCase[] = [
  { inputs: [[2, 3, 3, 4], kernel(3, 2, 3, 3)] },
  {
    inputs: [[1, 2, 3, 3], kernel(2, 3, 3, 2), [3]],
    attributes: { strides: [2, 3], pads: [1, 0, 1, 1], output_padding: [1, 0] },
  },
  { inputs: [[1, 4, 3, 3], kernel(4, 2, 2, 2)], attributes: { group: 2, strides: [2, 2] } },
  { inputs: [[1, 2, 3, 4], kernel(2, 1, 2, 3)], attributes: { dilations: [2, 1], pads: [1, 1, 0, 1] } },
  { inputs: [[1, 2, 3, 3], kernel(2, 2, 3, 3)], attributes: { auto_pad: 'SAME_UPPER', strides: [2, 2] } },
  { inputs: [[1, 2, 3, 3], kernel(2, 2, 3, 3)], attributes: { auto_pad: 'SAME_LOWER', strides: [2, 2] } },
  { inputs: [[1, 2, 3, 3], kernel(2, 2, 3, 3)], attributes: { output_shape: [6, 5], strides: [2, 2] } },
  { inputs: [[2, 2, 4], kernel(2, 3, 3)], attributes: { strides: [2] } },
  {
    inputs: [
      [2, 4, 3],
      [4, 2, 2],
    ],
    attributes: { group: 2, strides: [2], pads: [1, 0], output_padding: [1] },
  },
  {
    inputs: [
      [1, 2, 3, 3],
      [2, 2, 3, 3],
    ],
    attributes: { auto_pad: 'SAME_UPPER', strides: [2, 2] },
  },
  { inputs: [[1, 2, 2, 2, 3], kernel(2, 2, 2, 2, 2)], attributes: { strides: [2, 1, 2] } },
];

export const convTransposeRules: readonly Rule[] = [
  defineRule({
    op: 'ConvTranspose',
    since: [1, 11, 22],
    vjp({ g, node, inputs: [x, w], outputs: [y], cotangents: [dy], wants }) {
      const axes = upTo(rankOf(x, node)).filter((i) => i !== 1);
      const window = windowOver(node, x, w, y);
      const group = intAttribute(node, 'group', 1);
      return [
        wants(0) && inputGradient({ g, x, w, dy, window, group }),
        // The roles of input and cotangent are exchanged against a convolution.
        wants(1) && kernelGradient({ g, x: dy, w, dy: x, window, group }),
        wants(2) && g.reduce('ReduceSum', dy, axes, false),
      ];
    },
    cases,
  }),
];
