/** Regions of an image: pooled, cut out of its middle, or put together from patches. */
import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { isStatic } from '../../onnx/dims.ts';
import type { Node } from '../../onnx/graph.ts';
import { defineRule, type Rule } from '../rule.ts';
import { rankOf, refuse, upTo } from './axes.ts';

/** 0, 1 ... count - 1, of the type of `like`. */
const counted = (g: GraphBuilder, count: number, like: Value): Value => g.constant(like.dtype, [count], upTo(count));

/**
 * Weight of each position along one axis in each bin of each region, [regions, bins, dim]: the mean, over the
 * sampling points of the bin, of linear interpolation (He et al. 2017, "Mask R-CNN", section 3). Averages of bilinear
 * samples are such weights along both axes, one after the other.
 */
function binWeights(g: GraphBuilder, node: Node, rois: Value, axis: 'x' | 'y', bins: number, dim: number): Value {
  const number = (v: number): Value => g.number(v, rois);
  const column = (i: number): Value => g.op('Gather', [rois, g.ints([i])], { axis: 1 });
  const halfPixel = stringAttribute(node, 'coordinate_transformation_mode', 'half_pixel') === 'half_pixel';
  const scaled = (i: number): Value => {
    const at = g.mul(column(i), number(floatAttribute(node, 'spatial_scale', 1)));
    return halfPixel ? g.sub(at, number(0.5)) : at;
  };
  const [begin, end] = axis === 'x' ? [scaled(0), scaled(2)] : [scaled(1), scaled(3)];
  const span = g.sub(end, begin);
  // [regions, 1]
  const size = halfPixel ? span : g.op('Max', [span, number(1)]);
  const bin = g.div(size, number(bins));
  const ratio = intAttribute(node, 'sampling_ratio', 0);
  const samples = ratio > 0 ? g.constant(rois.dtype, [1, 1], [ratio]) : g.op('Ceil', [bin]);
  const most = (): Value => g.op('ReduceMax', [samples], { keepdims: 0 });
  const sample = ratio > 0 ? counted(g, ratio, rois) : g.op('Range', [number(0), most(), number(1)]);
  const lift = (v: Value, ...axes: number[]): Value => g.op('Unsqueeze', [v, g.ints(axes)]);
  // [regions, bins, samples]
  const within = g.div(g.mul(g.add(sample, number(0.5)), lift(bin, 1)), lift(samples, 1));
  const start = g.add(begin, g.mul(counted(g, bins, rois), bin));
  const at = g.add(lift(start, 2), within);
  const clipped = g.op('Clip', [at, number(0), number(dim - 1)]);
  const outside = [g.op('Less', [at, number(-1)]), g.op('Greater', [at, number(dim)])];
  if (ratio === 0) outside.push(g.op('GreaterOrEqual', [sample, lift(samples, 1)]));
  const counts = g.where(
    outside.reduce((a, b) => g.op('Or', [a, b])),
    number(0),
    number(1),
  );
  // Linear interpolation between neighbours is a tent around each position.
  const distance = g.op('Abs', [g.sub(lift(clipped, 3), counted(g, dim, rois))]);
  const tent = g.op('Max', [g.sub(number(1), distance), number(0)]);
  const sum = g.reduce('ReduceSum', g.mul(tent, lift(counts, 3)), [2], false);
  return g.div(sum, g.op('Max', [lift(samples, 1), number(1)]));
}

const picture = { dims: [2, 2, 6, 5], range: [-1, 1] as const };
const rois = { dims: [3, 4], data: [0.4, 0.7, 3.3, 4.2, -1.4, 1.1, 4.6, 7.9, 2.2, 0.1, 2.9, 5.2], constant: true };
const batch = { dims: [3], data: [1, 0, 1], dtype: 'int64' as const };
const numbers = (...data: number[]) => ({ dims: [data.length], data, dtype: 'int64' as const });

export const regionRules: readonly Rule[] = [
  defineRule({
    op: 'RoiAlign',
    since: [10, 16, 22],
    note: 'Mode avg, by the features; the regions themselves get none, as in torchvision.',
    vjp({ g, node, inputs: [x, regions, owners], cotangents: [dy], wants }) {
      if (!wants(0)) return [];
      // onnxruntime takes the largest of the four weighted neighbours there, where other implementations interpolate.
      if (stringAttribute(node, 'mode', 'avg') !== 'avg') refuse(node, 'mode max has no rule');
      const extents = x.dims?.slice(2);
      if (!isStatic(extents)) refuse(node, 'the dims of its features are not known before the run');
      const [height, width] = extents as [number, number];
      const rows = binWeights(g, node, regions, 'y', intAttribute(node, 'output_height', 1), height);
      const columns = binWeights(g, node, regions, 'x', intAttribute(node, 'output_width', 1), width);
      const overChannels = (v: Value): Value => g.op('Unsqueeze', [v, g.ints([1])]);
      const up = g.op('MatMul', [overChannels(g.transpose(rows, [0, 2, 1])), dy]);
      const pictures = g.op('MatMul', [up, overChannels(columns)]);
      const positions = g.op('Unsqueeze', [owners, g.ints([1])]);
      return [g.op('ScatterND', [g.zerosLike(x), positions, pictures], { reduction: 'add' })];
    },
    cases: [
      { sampling_ratio: 2, output_height: 2, output_width: 3 },
      { output_height: 2, output_width: 2 },
      { sampling_ratio: 1, output_height: 3, output_width: 1, coordinate_transformation_mode: 'output_half_pixel' },
      { output_height: 1, output_width: 2, coordinate_transformation_mode: 'output_half_pixel' },
    ].map((attributes) => ({ inputs: [picture, rois, batch], attributes })),
  }),
  defineRule({
    op: 'CenterCropPad',
    since: [18],
    vjp({ g, node, inputs: [x], cotangents: [dy] }) {
      // What was cut off is filled up, what was filled up is cut off.
      const axes = intsAttribute(node, 'axes', upTo(rankOf(x, node)));
      return [g.op('CenterCropPad', [dy, g.op('Gather', [g.shapeOf(x), g.ints(axes)])], node.attributes)];
    },
    cases: [
      { inputs: [[5, 4], numbers(2, 7)] },
      { inputs: [[4, 5, 3], numbers(7, 2)], attributes: { axes: [0, 1] } },
      { inputs: [[1, 3, 4, 6], numbers(5, 3)], attributes: { axes: [-1, 2] } },
    ],
  }),
  defineRule({
    op: 'Col2Im',
    since: [18],
    note: 'Picture and block of dims that are known before the run.',
    vjp({ g, node, inputs: [x, , block], cotangents: [dy] }) {
      const kernel = block.value?.map(Number);
      const channels = dy.dims?.[1];
      if (!kernel || typeof channels !== 'number') refuse(node, 'its block or channels are not known before the run');
      // Each element of the block is read by a kernel with a one at its position.
      const patch = kernel.reduce((a, b) => a * b, 1);
      const ones = upTo(channels * patch * patch).map((i) => (Math.floor(i / patch) % patch === i % patch ? 1 : 0));
      const columns = g.op('Conv', [dy, g.constant(x.dtype, [channels * patch, 1, ...kernel], ones)], {
        ...node.attributes,
        group: channels,
      });
      return [g.op('Reshape', [columns, g.ints([0, channels * patch, -1])])];
    },
    cases: [
      { inputs: [[1, 8, 9], numbers(4, 4), numbers(2, 2)] },
      {
        inputs: [[2, 6, 6], numbers(4, 5), numbers(3, 2)],
        attributes: { strides: [2, 2], pads: [1, 0, 0, 1] },
      },
      { inputs: [[1, 4, 4], numbers(4, 4), numbers(2, 2)], attributes: { dilations: [2, 2] } },
    ],
  }),
];
