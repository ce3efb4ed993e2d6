/** Largest values of the bins of regions (Girshick 2015, "Fast R-CNN", section 2.1). */
import { float, floatAttribute, intsAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { isStatic } from '../../onnx/dims.ts';
import type { Node } from '../../onnx/graph.ts';
import { defineRule, type Rule } from '../rule.ts';
import { refuse, upTo } from './axes.ts';

/** To whole numbers, halves away from zero. */
const rounded = (g: GraphBuilder, x: Value): Value =>
  g.mul(g.op('Sign', [x]), g.op('Floor', [g.add(g.op('Abs', [x]), g.number(0.5, x))]));

/** Positions along one axis that lie in each bin: for every bin [regions, 1, 1, dim]. The order is onnxruntime's. */
function binsOf(g: GraphBuilder, node: Node, rois: Value, axis: 'x' | 'y', bins: number, dim: number): Value[] {
  const number = (v: number): Value => g.number(v, rois);
  const column = (i: number): Value =>
    rounded(
      g,
      g.mul(g.op('Gather', [rois, g.ints([i])], { axis: 1 }), number(floatAttribute(node, 'spatial_scale', 1))),
    );
  const [first, last] = axis === 'x' ? [column(1), column(3)] : [column(2), column(4)];
  const size = g.div(g.op('Max', [g.add(g.sub(last, first), number(1)), number(1)]), number(bins));
  const positions = g.constant(rois.dtype, [dim], upTo(dim));
  return upTo(bins).map((bin) => {
    const start = g.add(first, g.op('Floor', [g.mul(size, number(bin))]));
    const end = g.add(first, g.op('Ceil', [g.mul(size, number(bin + 1))]));
    const inside = g.op('And', [g.op('GreaterOrEqual', [positions, start]), g.op('Less', [positions, end])]);
    return g.op('Unsqueeze', [inside, g.ints([1, 2])]);
  });
}

/** Share of `dy` of each of `values` within `inside`, when `winner` is the largest of them along the axis. */
function shared(g: GraphBuilder, values: Value, winner: Value, inside: Value, dy: Value, axis: number): Value {
  const won = g.op('CastLike', [g.op('And', [inside, g.op('Equal', [values, winner])]), values]);
  const count = g.op('Max', [g.reduce('ReduceSum', won, [axis]), g.number(1, values)]);
  return g.mul(won, g.div(dy, count));
}

const sum = (g: GraphBuilder, parts: readonly Value[]): Value =>
  parts.length === 1 ? (parts[0] as Value) : g.op('Sum', parts);

/** One bin of a pooled axis, its dim kept as 1. */
const slice = (g: GraphBuilder, x: Value, axis: number, at: number): Value =>
  g.op('Slice', [x, g.ints([at]), g.ints([at + 1]), g.ints([axis])]);

/** Far enough apart for central differences: no maximum changes positions. */
const image = { dims: [2, 2, 6, 5], range: [-4, 4] as const };
const rois = {
  dims: [3, 5],
  data: [0, 0.4, 0.7, 3.3, 4.2, 1, -1.4, 1.1, 4.6, 7.9, 1, 2.2, 0.1, 2.9, 5.2],
  constant: true,
};

export const roiPoolRules: readonly Rule[] = [
  defineRule({
    op: 'MaxRoiPool',
    since: [1, 22],
    note: 'By the features; the regions themselves get none. Equal maxima share evenly.',
    vjp({ g, node, inputs: [x, regions], outputs: [y], cotangents: [dy], wants }) {
      if (!wants(0)) return [];
      const extents = x.dims?.slice(2);
      if (!isStatic(extents)) refuse(node, 'the dims of its features are not known before the run');
      const [height, width] = extents as [number, number];
      const [rows, columns] = intsAttribute(node, 'pooled_shape', []) as [number, number];
      const owners = g.op('Cast', [g.op('Gather', [regions, g.constant('int64', [], [0])], { axis: 1 })], { to: 7 });
      const features = g.op('Gather', [x, owners], { axis: 0 });
      // Along the width first, [regions, C, height, 1] for each bin, then along the height: never larger than the features.
      const below = g.number(-3.4e38, x);
      const across = binsOf(g, node, regions, 'x', columns, width);
      const widest = across.map((inside) => g.reduce('ReduceMax', g.where(inside, features, below), [3]));
      const down = binsOf(g, node, regions, 'y', rows, height).map((inside) => g.transpose(inside, [0, 1, 3, 2]));
      const parts = widest.map((values, j) => {
        const [yj, dyj] = [slice(g, y, 3, j), slice(g, dy, 3, j)];
        const byRow = down.map((inside, i) => shared(g, values, slice(g, yj, 2, i), inside, slice(g, dyj, 2, i), 2));
        return shared(g, features, values, across[j] as Value, sum(g, byRow), 3);
      });
      const positions = g.op('Unsqueeze', [owners, g.ints([1])]);
      return [g.op('ScatterND', [g.zerosLike(x), positions, sum(g, parts)], { reduction: 'add' })];
    },
    cases: [
      { inputs: [image, rois], attributes: { pooled_shape: [2, 2] } },
      { inputs: [image, rois], attributes: { pooled_shape: [3, 1], spatial_scale: float(0.5) } },
      { inputs: [image, rois], attributes: { pooled_shape: [4, 7] } },
      { inputs: [image, rois], attributes: { pooled_shape: [1, 2], spatial_scale: float(1.5) } },
    ],
  }),
];
