/** Sampling points of the bins of regions (He et al. 2017, "Mask R-CNN", section 3), along one axis at a time. */
import { floatAttribute, intAttribute, stringAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import type { Node } from '../../onnx/graph.ts';
import { upTo } from './axes.ts';

/** 0, 1 ... count - 1, of the type of `like`. */
const counted = (g: GraphBuilder, count: number, like: Value): Value => g.constant(like.dtype, [count], upTo(count));

const lift = (g: GraphBuilder, v: Value, ...axes: number[]): Value => g.op('Unsqueeze', [v, g.ints(axes)]);

/** AxisBins of regions along one axis. */
export interface AxisBins {
  /** RoiAlign or MaxRoiPool, whose attributes say how points lie. */
  readonly node: Node;
  /** [regions, 4] */
  readonly rois: Value;
  readonly axis: 'x' | 'y';
  /** Number of bins of a region. */
  readonly bins: number;
  /** Dim of the features along the axis. */
  readonly dim: number;
}

/** Points along one axis, [regions, bins, samples]. */
export interface SamplePoints {
  /** Coordinates in pixels, within 0 ... dim - 1. */
  readonly at: Value;
  /** True where a point lies outside of the features and counts as zero. */
  readonly outside: Value;
  /** True beyond the number of points of the region; undefined where all regions have the same number. */
  readonly missing?: Value;
  /** Number of points of each bin, [regions, 1] or [1, 1]. */
  readonly samples: Value;
}

/** Sampling points of the bins of each region. The order of operations is onnxruntime's. */
export function samplePoints(g: GraphBuilder, { node, rois, axis, bins, dim }: AxisBins): SamplePoints {
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
  const max = (): Value => g.op('ReduceMax', [samples], { keepdims: 0 });
  const sample = ratio > 0 ? counted(g, ratio, rois) : g.op('Range', [number(0), max(), number(1)]);
  const within = g.div(g.mul(g.add(sample, number(0.5)), lift(g, bin, 1)), lift(g, samples, 1));
  const start = g.add(begin, g.mul(counted(g, bins, rois), bin));
  const at = g.add(lift(g, start, 2), within);
  return {
    at: g.op('Clip', [at, number(0), number(dim - 1)]),
    outside: g.op('Or', [g.op('Less', [at, number(-1)]), g.op('Greater', [at, number(dim)])]),
    ...(ratio === 0 && { missing: g.op('GreaterOrEqual', [sample, lift(g, samples, 1)]) }),
    samples,
  };
}

/**
 * Weight of each position along one axis in each bin of each region, [regions, bins, dim]: the mean, over the
 * sampling points of the bin, of linear interpolation. Averages of bilinear samples are such weights along both axes, one
 * after the other.
 */
export function binWeights(g: GraphBuilder, along: AxisBins): Value {
  const { rois, dim } = along;
  const number = (v: number): Value => g.number(v, rois);
  const { at, outside, missing, samples } = samplePoints(g, along);
  const counts = g.where(missing ? g.op('Or', [outside, missing]) : outside, number(0), number(1));
  // Linear interpolation between neighbours is a tent around each position.
  const distance = g.op('Abs', [g.sub(lift(g, at, 3), counted(g, dim, rois))]);
  const tent = g.op('Max', [g.sub(number(1), distance), number(0)]);
  const sum = g.reduce('ReduceSum', g.mul(tent, lift(g, counts, 3)), [2], false);
  return g.div(sum, g.op('Max', [lift(g, samples, 1), number(1)]));
}
