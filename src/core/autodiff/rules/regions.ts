/** Regions of an image: pooled, cut out of its middle, or put together from patches. */
import { float, intAttribute, intsAttribute, stringAttribute } from '../../onnx/attributes.ts';
import type { Value } from '../../onnx/builder.ts';
import { isStatic } from '../../onnx/dims.ts';
import { defineRule, type Rule } from '../rule.ts';
import { rankOf, refuse, upTo } from './axes.ts';
import { largestSample } from './roi-max.ts';
import { binWeights } from './roi-samples.ts';

/** Features far enough apart for central differences: no maximum changes positions. */
const image = { dims: [2, 2, 6, 5], range: [-40, 40] as const };
const rois = { dims: [3, 4], data: [0.4, 0.7, 3.3, 4.2, -1.4, 1.1, 4.6, 7.9, 2.2, 0.1, 2.9, 5.2], constant: true };
const batch = { dims: [3], data: [1, 0, 1], dtype: 'int64' as const };
const numbers = (...data: number[]) => ({ dims: [data.length], data, dtype: 'int64' as const });

export const regionRules: readonly Rule[] = [
  defineRule({
    op: 'RoiAlign',
    since: [10, 16, 22],
    note: 'By the features; the regions themselves get none, as in torchvision. Mode max is that of onnxruntime: the largest of the weighted neighbours of all sampling points, of which equal ones share evenly.',
    vjp({ g, node, inputs: [x, regions, owners], cotangents: [dy], wants }) {
      if (!wants(0)) return [];
      const extents = x.dims?.slice(2);
      if (!isStatic(extents)) refuse(node, 'the dims of its features are not known before the run');
      const [height, width] = extents as [number, number];
      const [down, across] = [intAttribute(node, 'output_height', 1), intAttribute(node, 'output_width', 1)];
      const positions = g.op('Unsqueeze', [owners, g.ints([1])]);
      const whole = (images: Value): Value =>
        g.op('ScatterND', [g.zerosLike(x), positions, images], { reduction: 'add' });
      if (stringAttribute(node, 'mode', 'avg') === 'max') {
        const features = g.op('Gather', [x, owners], { axis: 0 });
        const bins = { regions, down, across, height, width };
        return [whole(largestSample(g, node, bins, features, dy))];
      }
      const rows = binWeights(g, { node, rois: regions, axis: 'y', bins: down, dim: height });
      const columns = binWeights(g, { node, rois: regions, axis: 'x', bins: across, dim: width });
      const overChannels = (v: Value): Value => g.op('Unsqueeze', [v, g.ints([1])]);
      const up = g.op('MatMul', [overChannels(g.transpose(rows, [0, 2, 1])), dy]);
      return [whole(g.op('MatMul', [up, overChannels(columns)]))];
    },
    cases: [
      { sampling_ratio: 2, output_height: 2, output_width: 3 },
      { output_height: 2, output_width: 2 },
      { sampling_ratio: 1, output_height: 3, output_width: 1, coordinate_transformation_mode: 'output_half_pixel' },
      { output_height: 1, output_width: 2, coordinate_transformation_mode: 'output_half_pixel' },
      { sampling_ratio: 2, output_height: 2, output_width: 3, mode: 'max' },
      { output_height: 2, output_width: 2, mode: 'max', spatial_scale: float(0.8) },
      {
        sampling_ratio: 1,
        output_height: 3,
        output_width: 1,
        mode: 'max',
        coordinate_transformation_mode: 'output_half_pixel',
      },
    ].map((attributes) => ({ inputs: [image, rois, batch], attributes })),
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
    note: 'Image and block of dims that are known before the run.',
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
