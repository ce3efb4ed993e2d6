/**
 * Input gradients of strided depthwise convolutions as convolutions with unit strides. Native kernels lay out tensors in
 * blocks of channels for those alone: a transposed convolution takes longer, and costs a reordering on either side.
 */
import type { Value } from '../../onnx/builder.ts';
import { isStatic } from '../../onnx/dims.ts';
import { type Convolution, turned } from './convolution-kernel.ts';

/**
 * dx of y = conv(x, w) for strides above 1 and kernels of one channel: the cotangent with zeros between its elements,
 * convolved with the kernel turned around (Dumoulin and Visin 2016, section 4.4). A transposed convolution by kernels of
 * a single one puts the zeros there, in a fifth of the time of one by w.
 * @returns undefined where each output reads more channels, so that the zeros would multiply the work; where the kernel or
 *   the extents are only known at run time; and for other than two axes
 */
export function betweenZeros({ g, x, w, dy, window, group }: Convolution): Value | undefined {
  const { strides, dilations, padsBegin } = window;
  const [from, to, kernel] = [x.dims?.slice(2), dy.dims?.slice(2), g.constantData(w)];
  if (group === 1 || w.dims?.[1] !== 1 || kernel?.dtype !== 'float32') return undefined;
  if (!isStatic(from) || !isStatic(to) || from.length !== 2) return undefined;
  const begin = window.kernel.map((size, i) => (dilations[i] as number) * (size - 1) - (padsBegin[i] as number));
  const spread = to.map((count, i) => (count - 1) * (strides[i] as number) + 1);
  const missing = from.map((extent, i) => extent + (padsBegin[i] as number) - (spread[i] as number));
  const zeros = missing.map((extent, i) => Math.min(Math.max(extent, 0), (strides[i] as number) - 1));
  const end = missing.map((extent, i) => extent - (zeros[i] as number));
  if ([...begin, ...end].some((pad) => pad < 0)) return undefined;
  const channels = Number(dy.dims?.[1]);
  const ones = g.constant('float32', [channels, 1, 1, 1], new Float32Array(channels).fill(1));
  const apart = { kernel_shape: [1, 1], strides, group: channels, output_padding: zeros };
  return g.op('Conv', [g.op('ConvTranspose', [dy, ones], apart), turned(g, w, kernel, group)], {
    kernel_shape: window.kernel,
    dilations,
    group,
    pads: [...begin, ...end],
  });
}
