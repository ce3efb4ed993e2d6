/** Deformable convolution (Dai et al. 2017; with a mask: Zhu et al. 2019) as sampling at a grid and a product. */
import { intAttribute, intsAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { isStatic } from '../../onnx/dims.ts';
import { refuse, upTo } from '../rules/axes.ts';
import type { Decomposition, DecompositionContext } from './decomposition.ts';

/** One axis of the image. */
interface Axis {
  /** Pixels of the input and of the output. */
  readonly input: number;
  readonly output: number;
  /** Position in the input that each output and kernel element reads without offsets, [kernel, output]. */
  readonly positions: readonly number[];
}

interface Shapes {
  readonly channels: number;
  readonly filters: number;
  /** Elements of the kernel. */
  readonly taps: number;
  readonly vertical: Axis;
  readonly horizontal: Axis;
}

function shapesOf({ node, input }: DecompositionContext): Shapes {
  const [x, w] = [input(0).dims?.slice(1), input(1).dims];
  if (!isStatic(x) || !isStatic(w)) refuse(node, 'the dims of its image or kernel are not known before the run');
  if (x.length !== 3) refuse(node, `it has ${x.length - 1} axes in space, and only 2 are known`);
  const [channels, ...extents] = x as [number, number, number];
  const kernel = w.slice(2);
  const [strides, dilations] = [intsAttribute(node, 'strides', [1, 1]), intsAttribute(node, 'dilations', [1, 1])];
  const pads = intsAttribute(node, 'pads', [0, 0, 0, 0]);
  const axis = (i: 0 | 1): Axis => {
    const [extent, size, stride, dilation] = [extents[i], kernel[i], strides[i], dilations[i]].map(Number) as [
      number,
      number,
      number,
      number,
    ];
    const before = pads[i] as number;
    const output = Math.floor((extent + before + (pads[i + 2] as number) - dilation * (size - 1) - 1) / stride) + 1;
    const positions = upTo(size).flatMap((k) => upTo(output).map((o) => o * stride - before + k * dilation));
    return { input: extent, output, positions };
  };
  const taps = (kernel[0] as number) * (kernel[1] as number);
  return { channels, filters: w[0] as number, taps, vertical: axis(0), horizontal: axis(1) };
}

/** Coordinate of GridSample, -1..1 between the outer edges, from offsets in pixels [N, taps, H, W] and fixed positions. */
function coordinate(g: GraphBuilder, offsets: Value, positions: Value, { input }: Axis): Value {
  const pixels = g.add(offsets, positions);
  return g.add(g.mul(pixels, g.number(2 / input, pixels)), g.number(1 / input - 1, pixels));
}

/** Points that the kernel reads, [N x offset groups, taps x H, W, 2]. */
function gridOf(g: GraphBuilder, offset: Value, { taps, vertical, horizontal }: Shapes): Value {
  const [height, width] = [vertical.output, horizontal.output];
  const rows = vertical.positions.length / height;
  const columns = horizontal.positions.length / width;
  const pairs = g.op('Reshape', [offset, g.ints([-1, taps, 2, height, width])]);
  const of = (i: number): Value => g.op('Gather', [pairs, g.scalar(i, 'int64')], { axis: 2 });
  // [taps, H, 1] and [taps, 1, W]
  const down = upTo(rows).flatMap((row) =>
    upTo(columns).flatMap(() => vertical.positions.slice(row * height, (row + 1) * height)),
  );
  const across = upTo(rows).flatMap(() => horizontal.positions);
  const y = coordinate(g, of(0), g.constant(offset.dtype, [taps, height, 1], down), vertical);
  const x = coordinate(g, of(1), g.constant(offset.dtype, [taps, 1, width], across), horizontal);
  const points = [x, y].map((v) => g.op('Unsqueeze', [v, g.ints([-1])]));
  return g.op('Reshape', [g.op('Concat', points, { axis: -1 }), g.ints([-1, taps * height, width, 2])]);
}

export const deformableDecompositions: readonly Decomposition[] = [
  {
    op: 'DeformConv',
    note: 'Over two axes; by the image, kernel, offsets, bias and mask.',
    rewrite(context) {
      const { g, node, inputs, input } = context;
      const [w, bias, mask] = [input(1), inputs[3], inputs[4]];
      const shapes = shapesOf(context);
      const { channels, filters, taps, vertical, horizontal } = shapes;
      const groups = intAttribute(node, 'group', 1);
      const owners = intAttribute(node, 'offset_group', 1);
      const [height, width] = [vertical.output, horizontal.output];
      const shaped = (v: Value, ...dims: number[]): Value => g.op('Reshape', [v, g.ints(dims)]);
      const image = shaped(input(0), -1, channels / owners, vertical.input, horizontal.input);
      const sampled = g.op('GridSample', [image, gridOf(g, input(2), shapes)], {
        mode: 'linear',
        padding_mode: 'zeros',
        align_corners: 0,
      });
      const masked = mask ? g.mul(sampled, shaped(mask, -1, 1, taps * height, width)) : sampled;
      const columns = shaped(masked, -1, groups, (channels / groups) * taps, height * width);
      const kernel = shaped(w, 1, groups, filters / groups, (channels / groups) * taps);
      const y = shaped(g.op('MatMul', [kernel, columns]), -1, filters, height, width);
      return [bias ? g.add(y, shaped(bias, 1, filters, 1, 1)) : y];
    },
  },
];
