/** Convolution and pooling: operators that slide a window over the spatial dims. */
import { intAttribute, intsAttribute, stringAttribute } from '../attributes.ts';
import { add, ceilDivide, divide, floorDivide, isStatic, minimum, multiply, subtract } from '../dims.ts';
import type { Dim, Node } from '../graph.ts';
import { ceilMode, type Window, windowOf } from '../window.ts';
import { expectRank, expectSame, fail, show } from './checks.ts';
import {
  each,
  type Inferred,
  type Inputs,
  numbers,
  ofType,
  type Rule,
  type Rules,
  required,
  unknownDim,
  unknownDims,
} from './rule.ts';

/** Two leading dims, then one or more that a window slides over. */
function expectSpatial(node: Node, dims: readonly Dim[] | undefined, what = 'its input'): void {
  if (dims && dims.length < 3) fail(node, `${what} has ${show(dims)}, expected two dims and the spatial ones.`);
}

/** A list of one number for each spatial dim of `dims`, none less than the default. */
function perAxis(node: Node, name: string, dims: readonly Dim[], otherwise: number): readonly number[] {
  const list = intsAttribute(node, name, new Array(dims.length - 2).fill(otherwise));
  if (list.length === dims.length - 2 && list.every((n) => n >= otherwise)) return list;
  return fail(node, `its ${name} ${show(list)} do not fit ${show(dims)}.`);
}

/** A node's window, one entry for each spatial dim of `dims`. */
function windowFor(node: Node, dims: readonly Dim[], weights?: readonly Dim[]): Window {
  const window = windowOf(node, dims, weights);
  const wrong = Object.entries(window).find(([, list]) => list.length !== dims.length - 2);
  if (wrong)
    fail(node, `${show(dims)} has ${dims.length - 2} spatial axes, but its ${wrong[0]} are ${show(wrong[1])}.`);
  if ([window.kernel, window.strides, window.dilations].flat().some((n) => n < 1)) {
    fail(node, 'its kernel, strides and dilations must be positive.');
  }
  return window;
}

/** The spatial dims of the output: the window's positions along each axis. */
function positions(node: Node, dims: readonly Dim[], weights?: readonly Dim[]): Dim[] {
  const spatial = dims.slice(2);
  if (stringAttribute(node, 'auto_pad', 'NOTSET').startsWith('SAME')) {
    const strides = perAxis(node, 'strides', dims, 1);
    return spatial.map((dim, i) => ceilDivide(dim, strides[i] as number));
  }
  const { kernel, strides, dilations, padsBegin, padsEnd } = windowFor(node, dims, weights);
  return spatial.map((dim, i) => {
    const [stride, begin] = [strides[i] as number, padsBegin[i] as number];
    const reach = (dilations[i] as number) * ((kernel[i] as number) - 1) + 1;
    const room = subtract(add(dim, begin + (padsEnd[i] as number)), reach);
    if (typeof room === 'number' && room < 0) fail(node, `a window of ${reach} does not fit in ${show(dims)}.`);
    if (!ceilMode(node)) return add(floorDivide(room, stride), 1);
    // A last window that would start beyond the input and its padding at the front is left out.
    return minimum(add(ceilDivide(room, stride), 1), ceilDivide(add(dim, begin), stride));
  });
}

/** [N, C, ...] and [M, C/g, ...] to the output's shape; undefined when a rank is unknown. */
function convolved(node: Node, x: Inferred, w: Inferred): Dim[] | undefined {
  expectSpatial(node, x.dims);
  expectSpatial(node, w.dims, 'its kernel');
  if (!x.dims) return w.dims && unknownDims(node, w.dims.length).with(1, w.dims[0] as Dim);
  if (!w.dims) return unknownDims(node, x.dims.length).with(0, x.dims[0] as Dim);
  expectRank(node, w.dims, x.dims.length, 'its kernel');
  const channels = multiply(w.dims[1] as Dim, intAttribute(node, 'group', 1));
  expectSame(node, x.dims[1], channels, 'the channels of input and kernel');
  const outer = [x.dims[0] as Dim, w.dims[0] as Dim];
  if (isStatic(w.dims.slice(2))) return [...outer, ...positions(node, x.dims, w.dims)];
  const kernel = intsAttribute(node, 'kernel_shape', []);
  if (kernel.length > 0) return [...outer, ...positions(node, x.dims, [...outer, ...kernel])];
  return [...outer, ...unknownDims(node, x.dims.length).slice(2)];
}

const conv: Rule = (node, inputs) => {
  const [x, w] = [required(node, inputs, 0), required(node, inputs, 1)];
  return [ofType(x.dtype, convolved(node, x, w))];
};

const convInteger: Rule = (node, inputs) => [
  ofType('int32', convolved(node, required(node, inputs, 0), required(node, inputs, 1))),
];

/** x, its scale and zero point, w, its scale and zero point, the output's scale and zero point, bias. */
const quantizedConv: Rule = (node, inputs) => [
  ofType(required(node, inputs, 7).dtype, convolved(node, required(node, inputs, 0), required(node, inputs, 3))),
];

const convTranspose: Rule = (node, inputs) => {
  const [x, w] = [required(node, inputs, 0), required(node, inputs, 1)];
  expectSpatial(node, x.dims);
  if (!x.dims || !w.dims)
    return [ofType(x.dtype, x.dims && unknownDims(node, x.dims.length).with(0, x.dims[0] as Dim))];
  expectRank(node, w.dims, x.dims.length, 'its kernel');
  expectSame(node, x.dims[1], w.dims[0], 'the channels of input and kernel');
  const outer = [x.dims[0] as Dim, multiply(w.dims[1] as Dim, intAttribute(node, 'group', 1))];
  const [dims, spatial] = [x.dims, x.dims.slice(2)];
  const fixed = intsAttribute(node, 'output_shape', []);
  if (fixed.length > 0) return [ofType(x.dtype, [...outer, ...fixed.slice(-spatial.length)])];
  if (!isStatic(w.dims.slice(2))) return [ofType(x.dtype, [...outer, ...unknownDims(node, dims.length).slice(2)])];
  const strides = perAxis(node, 'strides', dims, 1);
  const extra = perAxis(node, 'output_padding', dims, 0);
  if (stringAttribute(node, 'auto_pad', 'NOTSET').startsWith('SAME')) {
    return [ofType(x.dtype, [...outer, ...spatial.map((d, i) => multiply(d, strides[i] as number))])];
  }
  const { kernel, dilations, padsBegin, padsEnd } = windowFor(node, dims, w.dims);
  const extents = spatial.map((dim, i) => {
    const reach = (dilations[i] as number) * ((kernel[i] as number) - 1) + 1;
    const grown = add(multiply(subtract(dim, 1), strides[i] as number), reach + (extra[i] as number));
    return subtract(grown, (padsBegin[i] as number) + (padsEnd[i] as number));
  });
  return [ofType(x.dtype, [...outer, ...extents])];
};

const pool: Rule = (node, inputs) => {
  const { dtype, dims } = required(node, inputs, 0);
  expectSpatial(node, dims);
  const result = dims && [...dims.slice(0, 2), ...positions(node, dims)];
  return [ofType(dtype, result), ofType('int64', result)];
};

const globalPool: Rule = (node, inputs) => {
  const { dtype, dims } = required(node, inputs, 0);
  return [
    ofType(
      dtype,
      dims?.map((d, i) => (i < 2 ? d : 1)),
    ),
  ];
};

const maxUnpool: Rule = (node, inputs) => {
  const { dtype, dims } = required(node, inputs, 0);
  expectSpatial(node, dims);
  const shape = inputs[2];
  if (shape) return [ofType(dtype, shape.value ?? (dims && unknownDims(node, dims.length)))];
  if (!dims) return [ofType(dtype, undefined)];
  const { kernel, strides, padsBegin, padsEnd } = windowFor(node, dims);
  const extents = dims.slice(2).map((dim, i) => {
    const grown = add(multiply(subtract(dim, 1), strides[i] as number), kernel[i] as number);
    return subtract(grown, (padsBegin[i] as number) + (padsEnd[i] as number));
  });
  return [ofType(dtype, [...dims.slice(0, 2), ...extents])];
};

/** Regions of interest: [regions, channels, height, width]. */
const regions =
  (size: (node: Node) => readonly number[], count: (inputs: Inputs) => Dim | undefined): Rule =>
  (node, inputs) => {
    const { dtype, dims } = required(node, inputs, 0);
    const fresh = unknownDims(node, 4);
    return [ofType(dtype, [count(inputs) ?? fresh[0], dims?.[1] ?? fresh[1], ...size(node)] as Dim[])];
  };

const roiAlign = regions(
  (node) => [intAttribute(node, 'output_height', 1), intAttribute(node, 'output_width', 1)],
  (inputs) => inputs[1]?.dims?.[0],
);

const maxRoiPool = regions(
  (node) => intsAttribute(node, 'pooled_shape', []),
  (inputs) => inputs[1]?.dims?.[0],
);

/** Patches as columns back to an image: [N, C*patch, L] to [N, C, ...]. */
const col2im: Rule = (node, inputs) => {
  const { dtype, dims } = required(node, inputs, 0);
  expectRank(node, dims, 3);
  const [image, block] = [inputs[1], numbers(inputs[2])];
  const rank = image?.dims?.[0];
  const spatial = image?.value ?? (typeof rank === 'number' ? unknownDims(node, rank + 2).slice(2) : undefined);
  const patch = block?.reduce((a, b) => a * b, 1);
  const channels = patch === undefined || !dims ? undefined : divide(dims[1] as Dim, patch);
  const outer = [dims?.[0] ?? unknownDim(node, 0), channels ?? unknownDim(node, 1)];
  return [ofType(dtype, spatial && [...outer, ...spatial])];
};

export const windows: Rules = {
  Conv: conv,
  ConvInteger: convInteger,
  QLinearConv: quantizedConv,
  ConvTranspose: convTranspose,
  ...each('MaxPool AveragePool LpPool', pool),
  ...each('GlobalAveragePool GlobalMaxPool GlobalLpPool', globalPool),
  MaxUnpool: maxUnpool,
  RoiAlign: roiAlign,
  MaxRoiPool: maxRoiPool,
  Col2Im: col2im,
};
