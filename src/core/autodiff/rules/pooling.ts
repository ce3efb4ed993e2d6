/** Pooling over windows and over everything. */
import { intAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { isStatic, product } from '../../onnx/dims.ts';
import { type Window, windowOf } from '../../onnx/window.ts';
import { defineRule, type Rule, type RuleCase } from '../rule.ts';
import { spreadByAxes } from './max-axes.ts';
import { positionsOfMaxima, rowsOf } from './max-positions.ts';

/**
 * For each element of x the sum of `part` over the windows that cover it: the transpose of summing over windows, one
 * channel at a time. Written as a transposed convolution of single channels with a kernel of ones.
 */
export function spreadOverWindows(g: GraphBuilder, x: Value, part: Value, window: Window): Value {
  const [batch, channels, ...extents] = x.dims ?? [];
  const out = part.dims?.slice(2) ?? [];
  const ones = g.constant(
    'float32',
    [1, 1, ...window.kernel],
    new Float32Array(window.kernel.reduce((a, b) => a * b, 1)).fill(1),
  );
  const [h, o] = [extents, out];
  if (!isStatic(h) || !isStatic(o)) {
    const planes = g.op('Concat', [g.ints([-1, 1]), g.op('Shape', [part], { start: 2 })], { axis: 0 });
    const rows = g.op('Reshape', [part, planes]);
    const longest = g.op('ConvTranspose', [rows, ones], {
      strides: window.strides,
      dilations: window.dilations,
      pads: [...window.padsBegin, ...window.padsEnd],
      output_padding: window.strides.map((s) => s - 1),
    });
    const axes = window.kernel.map((_, i) => i + 2);
    const cut = g.op('Slice', [longest, g.ints(axes.map(() => 0)), g.op('Shape', [x], { start: 2 }), g.ints(axes)]);
    return g.op('Reshape', [cut, g.shapeOf(x)]);
  }
  const rows = g.reshape(part, [product([batch ?? 'N', channels ?? 1]), 1, ...out]);
  // Windows of ceil_mode may reach past the padding: what they cover there is cut off by more padding.
  const end = h.map((n, i) => {
    const [stride, reach] = [
      window.strides[i] as number,
      (window.dilations[i] as number) * ((window.kernel[i] as number) - 1) + 1,
    ];
    return ((o[i] as number) - 1) * stride + reach - (window.padsBegin[i] as number) - n;
  });
  const spread = g.op('ConvTranspose', [rows, ones], {
    strides: window.strides,
    dilations: window.dilations,
    pads: [...window.padsBegin, ...end.map((e) => Math.max(e, 0))],
    output_padding: end.map((e) => Math.max(-e, 0)),
  });
  return g.reshape(spread, x.dims ?? [], x);
}

/** Number of elements that each window of an AveragePool divides by. */
function divisor(g: GraphBuilder, x: Value, y: Value, window: Window, countIncludePad: boolean): Value {
  const [h, o] = [x.dims?.slice(2), y.dims?.slice(2)];
  if (!isStatic(h) || !isStatic(o)) return countAtRunTime(g, x, y, window, countIncludePad);
  // Along each axis a window holds the positions that lie in x, or in x and its padding.
  const counts = h.map((n, i) => {
    const [stride, dilation, begin] = [
      window.strides[i] as number,
      window.dilations[i] as number,
      window.padsBegin[i] as number,
    ];
    const [low, high] = countIncludePad ? [-begin, n + (window.padsEnd[i] as number)] : [0, n];
    return Array.from({ length: o[i] as number }, (_, at) => {
      const start = at * stride - begin;
      return Array.from({ length: window.kernel[i] as number }, (_, k) => start + k * dilation).filter(
        (p) => p >= low && p < high,
      ).length;
    });
  });
  const table = counts.reduce<number[]>((all, axis) => all.flatMap((a) => axis.map((b) => a * b)), [1]);
  return table.every((n) => n === table[0]) ? g.number(table[0] as number, x) : g.constant(x.dtype, o, table);
}

/** The same where the dims are only known at run time: the windows summed over ones. */
function countAtRunTime(g: GraphBuilder, x: Value, y: Value, window: Window, countIncludePad: boolean): Value {
  const { kernel, strides, dilations, padsBegin, padsEnd } = window;
  const unit = g.number(1, x);
  const shape = g.op('Concat', [g.ints([1, 1]), g.op('Shape', [x], { start: 2 })], { axis: 0 });
  const ones = g.op('Expand', [unit, shape]);
  const padding = [0, 0, ...padsBegin, 0, 0, ...padsEnd];
  const inside = countIncludePad ? g.op('Pad', [ones, g.ints(padding), unit]) : ones;
  // As far as any window of ceil_mode can reach, then cut to y.
  const begin = countIncludePad ? kernel.map(() => 0) : padsBegin;
  const end = strides.map((s, i) => s - 1 + (countIncludePad ? 0 : (padsEnd[i] as number)));
  const weights = g.op('Expand', [unit, g.ints([1, 1, ...kernel])]);
  const attributes = { kernel_shape: kernel, strides, dilations, pads: [...begin, ...end] };
  const axes = g.ints(kernel.map((_, i) => i + 2));
  const zeros = g.ints(kernel.map(() => 0));
  return g.op('Slice', [g.op('Conv', [inside, weights], attributes), zeros, g.op('Shape', [y], { start: 2 }), axes]);
}

const LOWEST = -3.4028234663852886e38;

/** True if a window may lie in the padding alone: only a dilated one can step over every element. */
function mayBeEmpty({ kernel, strides, dilations, padsBegin, padsEnd }: Window, x: Value, y: Value): boolean {
  return kernel.some((size, i) => {
    const [dilation, begin] = [dilations[i] as number, padsBegin[i] as number];
    if (dilation === 1 || begin + (padsEnd[i] as number) === 0) return false;
    const [dim, count] = [x.dims?.[i + 2], y.dims?.[i + 2]];
    if (typeof dim !== 'number' || typeof count !== 'number') return true;
    const positions = Array.from({ length: size }, (_, k) => k * dilation - begin);
    return Array.from({ length: count }, (_, o) => o * (strides[i] as number)).some((start) =>
      positions.every((position) => start + position < 0 || start + position >= dim),
    );
  });
}

/** Zeros in the shape of x, with the rows of dy, and each cotangent added at its position in the plane that it belongs to. */
function addedInPlanes(g: GraphBuilder, x: Value, positions: Value, dy: Value): Value {
  const [batch = 'N', channels = 1, ...space] = x.dims ?? [];
  const planes = product([batch, channels]);
  const rest = [channels, ...space];
  const shape = isStatic(rest) ? g.op('Concat', [rowsOf(g, dy), g.ints(rest)], { axis: 0 }) : g.shapeOf(x);
  const flat = g.reshape(g.op('Expand', [g.number(0, x), shape]), [planes, product(space)]);
  const each = [planes, product(dy.dims?.slice(2) ?? [])];
  const [indices, updates] = [g.reshape(positions, each), g.reshape(dy, each)];
  const added = g.op('ScatterElements', [flat, indices, updates], { axis: 1, reduction: 'add' });
  return g.reshapeLike(added, x);
}

const windows: readonly RuleCase[] = [
  { inputs: [{ dims: [1, 2, 6, 6], range: [-9, 9] }], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
  { inputs: [{ dims: [2, 2, 7, 6], range: [-9, 9] }], attributes: { kernel_shape: [3, 3], strides: [2, 2] } },
  {
    inputs: [{ dims: [1, 2, 7, 6], range: [-9, 9] }],
    attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  },
  {
    inputs: [{ dims: [1, 2, 6, 6], range: [-9, 9] }],
    attributes: { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 },
  },
  { inputs: [{ dims: [1, 1, 6, 5], range: [-9, 9] }], attributes: { kernel_shape: [3, 2], auto_pad: 'SAME_UPPER' } },
  { inputs: [{ dims: [1, 2, 9], range: [-9, 9] }], attributes: { kernel_shape: [3], strides: [2] } },
  { inputs: [{ dims: [1, 1, 4, 4, 4], range: [-9, 9] }], attributes: { kernel_shape: [2, 2, 2], strides: [2, 1, 2] } },
];

export const poolingRules: readonly Rule[] = [
  defineRule({
    op: 'MaxPool',
    since: [1, 8, 10, 11, 12],
    note: 'The first of equal maxima takes all, as in PyTorch. Padded positions never win; a window over them alone gets zero. Compiled for `speed`, elements less than 2^-125 apart share the cotangent.',
    vjp({ g, node, inputs: [x], outputs: [y], cotangents: [whole], optimize }) {
      const window = windowOf(node, x.dims);
      const spread = optimize === 'speed' ? spreadByAxes(g, x, y, whole, window) : undefined;
      if (spread) return [spread];
      const maxima = positionsOfMaxima(g, x, y, whole, window);
      if (maxima) return [addedInPlanes(g, x, maxima, whole)];
      const hollow = mayBeEmpty(window, x, y);
      // Column-major indices would count positions in another order than the flat tensor has them.
      const columnMajor = intAttribute(node, 'storage_order', 0) === 1;
      const [, found] = (
        columnMajor ? g.ops('MaxPool', [x], { ...node.attributes, storage_order: undefined }, 2) : g.allOutputs(y, 2)
      ) as [Value, Value];
      // A maximum over nothing is the lowest number there is, at a position that is none.
      const indices = hollow ? g.op('Max', [found, g.scalar(0, 'int64')]) : found;
      const empty = hollow && g.op('Equal', [y, g.number(LOWEST, y)]);
      const dy = empty ? g.where(empty, g.number(0, y), whole) : whole;
      // The indices count over the whole batch and all channels: each cotangent is added at its position in the flat tensor.
      const flat = g.reshape(g.zerosLike(x), [product(x.dims ?? [])]);
      const positions = g.reshape(indices, [product(y.dims ?? [])]);
      const added = g.op('ScatterElements', [flat, positions, g.reshape(dy, [product(y.dims ?? [])])], {
        axis: 0,
        reduction: 'add',
      });
      return [g.reshapeLike(added, x)];
    },
    cases: [
      ...windows,
      {
        inputs: [{ dims: [1, 2, 7, 6], range: [-9, 9] }],
        attributes: { kernel_shape: [3, 3], strides: [2, 2], storage_order: 1 },
      },
      {
        inputs: [{ dims: [2, 3, 2, 2], range: [-9, 9] }],
        attributes: { kernel_shape: [2, 2], dilations: [3, 3], pads: [1, 1, 1, 1] },
      },
      {
        inputs: [{ dims: [2, 1, 1], range: [-9, 9] }],
        attributes: { kernel_shape: [2], dilations: [2], pads: [1, 1] },
      },
    ],
  }),
  defineRule({
    op: 'AveragePool',
    since: [7, 10, 11, 19],
    vjp({ g, node, inputs: [x], outputs: [y], cotangents: [dy] }) {
      const window = windowOf(node, x.dims);
      const share = g.div(dy, divisor(g, x, y, window, intAttribute(node, 'count_include_pad', 0) === 1));
      return [spreadOverWindows(g, x, share, window)];
    },
    cases: windows.flatMap((c) => [c, { ...c, attributes: { ...c.attributes, count_include_pad: 1 } }]),
  }),
  defineRule({
    op: 'GlobalAveragePool',
    since: [1],
    vjp({ g, inputs: [x], cotangents: [dy] }) {
      const extents = x.dims?.slice(2);
      const count = isStatic(extents)
        ? g.number(product(extents) as number, x)
        : g.op('Cast', [g.op('ReduceProd', [g.op('Shape', [x], { start: 2 })], { keepdims: 0 })], { to: 1 });
      return [g.expandLike(g.div(dy, count), x)];
    },
    cases: [{ inputs: [[2, 3, 4, 5]] }, { inputs: [[2, 3, 4]] }],
  }),
];
