/** Convolutions of any number of spatial dims. Weights get no derivative. */
import { intAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { isStatic } from '../../onnx/dims.ts';
import { windowOf } from '../../onnx/window.ts';
import { sizeOf } from '../../tensor/tensor.ts';
import { defineRule, type Rule, type RuleCase } from '../rule.ts';
import { type Convolution, turned } from './convolution-kernel.ts';
import { betweenZeros } from './strided-convolution.ts';
import { isWorthLooking, overUsedChannels } from './used-channels.ts';

interface InputGradient extends Convolution {
  readonly optimize: 'speed' | 'memory';
}

/**
 * Input gradient of y = conv(x, w): the transposed convolution with the same weights.
 *
 * With unit strides that is again a convolution, by the kernel turned around with its in- and output channels swapped
 * (Dumoulin and Visin 2016, "A guide to convolution arithmetic", section 4), with a second copy of the weights; see
 * {@link isFasterTurned}.
 */
function inputGradient(convolution: InputGradient): Value {
  const { g, x, w, dy, window, group, optimize } = convolution;
  const turnedPads = window.kernel.map((k, i) => [
    (window.dilations[i] as number) * (k - 1) - (window.padsBegin[i] as number),
    (window.dilations[i] as number) * (k - 1) - (window.padsEnd[i] as number),
  ]) as [number, number][];
  const turnable = window.strides.every((s) => s === 1) && turnedPads.flat().every((p) => p >= 0);
  const kernel = g.constantData(w);
  if (turnable && kernel && isFasterTurned(convolution)) {
    return g.op('Conv', [dy, turned(g, w, kernel, group)], {
      kernel_shape: window.kernel,
      dilations: window.dilations,
      group,
      pads: [...turnedPads.map(([begin]) => begin), ...turnedPads.map(([, end]) => end)],
    });
  }
  const spread = optimize === 'speed' ? betweenZeros(convolution) : undefined;
  if (spread) return spread;
  const attributes = { kernel_shape: window.kernel, strides: window.strides, dilations: window.dilations, group };
  const pads = [...window.padsBegin, ...window.padsEnd];
  const extents = x.dims?.slice(2);
  const out = dy.dims?.slice(2);
  if (isStatic(extents) && isStatic(out)) {
    const reach = out.map(
      (n, i) =>
        (n - 1) * (window.strides[i] as number) +
        (window.dilations[i] as number) * ((window.kernel[i] as number) - 1) +
        1 -
        (window.padsBegin[i] as number) -
        (window.padsEnd[i] as number),
    );
    const missing = extents.map((n, i) => n - (reach[i] as number));
    return g.op('ConvTranspose', [dy, w], { ...attributes, pads, output_padding: missing });
  }
  if (window.strides.every((s) => s === 1)) return g.op('ConvTranspose', [dy, w], { ...attributes, pads });
  // Where the dims are only known at run time: as far as any input of this output could reach, then cut to x.
  const longest = g.op('ConvTranspose', [dy, w], {
    ...attributes,
    pads,
    output_padding: window.strides.map((s) => s - 1),
  });
  const axes = window.kernel.map((_, i) => i + 2);
  const ends = g.op('Shape', [x], { start: 2 });
  return g.op('Slice', [longest, g.ints(axes.map(() => 0)), ends, g.ints(axes)]);
}

/**
 * True if a convolution by the turned kernel is worth its copy of the weights. Native kernels lay out tensors in blocks
 * of channels for convolutions alone. On WebAssembly, for which `memory` is, a transposed convolution is as fast or
 * faster, except for single channels, and for kernels of one position, where it takes one more pass over its result:
 * they are copied where they have no more elements than that.
 */
function isFasterTurned({ x, w, dy, window, group, optimize }: InputGradient): boolean {
  if (group > 1 && w.dims?.[1] === 1) return true;
  const isPoint = window.kernel.every((size) => size === 1);
  // Over one position both are the same matrix product: see `simplify/dense-convolutions.ts`.
  if (isPoint && dy.dims?.slice(2).every((size) => size === 1)) return false;
  if (optimize === 'speed') return true;
  const row = x.dims?.slice(1);
  return isPoint && isStatic(w.dims) && isStatic(row) && sizeOf(w.dims) <= sizeOf(row);
}

/**
 * Kernel gradient of y = conv(x, w): the convolution of x with the cotangent as kernel, batch and channels swapped, strides
 * and dilations exchanged (Dumoulin and Visin 2016, section 4). What reaches beyond the kernel is cut off.
 */
export function kernelGradient({ g, x, w, dy, window, group }: Convolution): Value {
  const { kernel, strides, dilations, padsBegin, padsEnd } = window;
  const swap = [1, 0, ...kernel.map((_, i) => i + 2)];
  const products = g.op('Conv', [groupsAsRows(g, x, group), g.transpose(dy, swap)], {
    strides: dilations,
    dilations: strides,
    pads: [...padsBegin, ...padsEnd],
    group,
  });
  const axes = kernel.map((_, i) => i + 2);
  const fits = kernel.every((size, i) => products.dims?.[i + 2] === size);
  const cut = fits ? products : g.op('Slice', [products, g.ints(axes.map(() => 0)), g.ints(kernel), g.ints(axes)]);
  return g.reshapeLike(g.transpose(cut, swap), w);
}

/** [N, C, ...space] as [C / g, g * N, ...space]: the channels of a group become the batch, group by group. */
function groupsAsRows(g: GraphBuilder, x: Value, group: number): Value {
  const rank = x.dims?.length ?? 0;
  const space = Array.from({ length: rank - 2 }, (_, i) => i + 2);
  if (group === 1) return g.transpose(x, [1, 0, ...space]);
  const channels = Number(x.dims?.[1]) / group;
  const shape = g.op('Shape', [x], { start: 2 });
  const grouped = g.op('Concat', [g.ints([0, group, channels]), shape], { axis: 0 });
  const turned = g.transpose(g.op('Reshape', [x, grouped]), [2, 1, 0, ...space.map((i) => i + 1)]);
  return g.op('Reshape', [turned, g.op('Concat', [g.ints([channels, -1]), shape], { axis: 0 })]);
}

const kernel = (...dims: number[]) => ({ dims, constant: true });
const convolutions: readonly RuleCase[] = [
  { inputs: [[2, 3, 5, 6], kernel(4, 3, 3, 3)] },
  { inputs: [[1, 3, 5, 6], kernel(4, 3, 3, 3), kernel(4)], attributes: { pads: [1, 1, 1, 1] } },
  { inputs: [[1, 2, 7, 6], kernel(4, 2, 3, 2)], attributes: { strides: [2, 3], pads: [1, 0, 2, 1] } },
  { inputs: [[1, 4, 6, 6], kernel(4, 1, 3, 3)], attributes: { group: 4, pads: [1, 1, 1, 1] } },
  { inputs: [[1, 4, 6, 7], kernel(8, 1, 3, 3)], attributes: { group: 4, strides: [2, 2], pads: [1, 1, 1, 1] } },
  { inputs: [[1, 4, 6, 7], kernel(6, 2, 2, 3)], attributes: { group: 2, dilations: [2, 1] } },
  { inputs: [[1, 2, 6, 7], kernel(3, 2, 3, 3)], attributes: { auto_pad: 'SAME_UPPER', strides: [2, 2] } },
  { inputs: [[1, 2, 6, 7], kernel(3, 2, 2, 2)], attributes: { auto_pad: 'SAME_LOWER' } },
  { inputs: [[1, 2, 6, 7], kernel(3, 2, 3, 3)], attributes: { auto_pad: 'VALID', strides: [2, 2] } },
  { inputs: [[1, 2, 3, 3], kernel(2, 2, 1, 1)], attributes: { pads: [1, 1, 1, 1] } },
  { inputs: [[1, 2, 6, 6], kernel(5, 2, 1, 1)], attributes: { strides: [2, 2] } },
  { inputs: [[2, 3, 9], kernel(4, 3, 3)], attributes: { strides: [2], dilations: [2], pads: [1, 2] } },
  { inputs: [[2, 3, 4, 4], kernel(4, 3, 3, 3), [4]] },
  {
    inputs: [
      [2, 3, 6, 5],
      [4, 3, 3, 2],
    ],
    attributes: { strides: [2, 1], pads: [1, 0, 1, 1] },
  },
  {
    inputs: [
      [2, 4, 6],
      [6, 2, 2],
    ],
    attributes: { group: 2, dilations: [2], strides: [2] },
  },
  { inputs: [[1, 2, 4, 4, 3], kernel(2, 2, 2, 3, 2)], attributes: { pads: [0, 1, 0, 1, 1, 1] } },
];

export const convolutionRules: readonly Rule[] = [
  defineRule({
    op: 'Conv',
    since: [1, 11],
    note: 'By input, kernel and bias.',
    vjp({ g, node, inputs: [x, w], cotangents: [dy], wants, optimize, isLast }) {
      const window = windowOf(node, x.dims, w.dims);
      const group = intAttribute(node, 'group', 1);
      const others = (dy.dims ?? []).flatMap((_, i) => (i === 1 ? [] : [i]));
      const isPoint = window.kernel.every((size) => size === 1);
      const isClassifier = isLast && group === 1 && isPoint && isWorthLooking(dy, w.dims);
      const whole = { g, x, w, dy, window, group, optimize };
      return [
        wants(0) && inputGradient(isClassifier ? { ...whole, ...overUsedChannels(g, dy, w) } : whole),
        wants(1) && kernelGradient({ g, x, w, dy, window, group }),
        wants(2) && g.reduce('ReduceSum', dy, others, false),
      ];
    },
    cases: convolutions,
  }),
];
