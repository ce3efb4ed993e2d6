/** Operators that give the same elements another shape or order. */
import { intAttribute, intsAttribute } from '../attributes.ts';
import { divide, floorDivide, lowerBound, multiply, product } from '../dims.ts';
import type { Dim, Node } from '../graph.ts';
import { expectRank, fail, normalAxis, show } from './checks.ts';
import { axesInput, type Inferred, ofType, type Rule, type Rules, required, unknownDim, unknownDims } from './rule.ts';

/** The dims that a shape input asks for, before 0 and -1 are read; undefined when not even their number is known. */
export function shapeInput(node: Node, shape: Inferred): readonly Dim[] | undefined {
  if (shape.value) return shape.value;
  const rank = shape.dims?.[0];
  return typeof rank === 'number' ? unknownDims(node, rank) : undefined;
}

const reshape: Rule = (node, inputs) => {
  const [x, shape] = [required(node, inputs, 0), required(node, inputs, 1)];
  if (!shape.value) return [ofType(x.dtype, shapeInput(node, shape))];
  const copies = intAttribute(node, 'allowzero', 0) === 0;
  const wanted = shape.value.map((d, i): Dim => (d === 0 && copies ? (x.dims?.[i] ?? unknownDim(node, i)) : d));
  // The one that follows from the others: written as -1, or the only one that is not known to be a dim.
  let open = wanted.indexOf(-1);
  const unknown = wanted.filter((d) => lowerBound(d) < 0);
  if (open < 0 && unknown.length === 1) open = wanted.indexOf(unknown[0] as Dim);
  const total = x.dims && product(x.dims);
  if (open >= 0) {
    const others = product(wanted.filter((_, i) => i !== open));
    wanted[open] = total === undefined ? unknownDim(node, open) : quotient(total, others);
  }
  const given = product(wanted);
  if (typeof total === 'number' && typeof given === 'number' && total !== given) {
    fail(node, `${show(x.dims as Dim[])} cannot take the shape ${show(shape.value)}.`);
  }
  return [ofType(x.dtype, wanted)];
};

const quotient = (total: Dim, others: Dim): Dim =>
  others === 0 ? 0 : (divide(total, others) ?? floorDivide(total, others));

const flatten: Rule = (node, inputs) => {
  const { dtype, dims } = required(node, inputs, 0);
  const axis = intAttribute(node, 'axis', 1);
  if (!dims) return [ofType(dtype, unknownDims(node, 2))];
  if (Math.abs(axis) > dims.length) fail(node, `axis ${axis} does not exist in ${show(dims)}.`);
  const at = axis < 0 ? axis + dims.length : axis;
  return [ofType(dtype, [product(dims.slice(0, at)), product(dims.slice(at))])];
};

const transpose: Rule = (node, inputs) => {
  const { dtype, dims } = required(node, inputs, 0);
  const perm = permutation(node, dims?.length);
  if (!perm) return [ofType(dtype, undefined)];
  expectRank(node, dims, perm.length);
  if (new Set(perm).size < perm.length) fail(node, `perm ${show(perm)} names an axis twice.`);
  return [
    ofType(
      dtype,
      dims ? perm.map((p) => dims[normalAxis(node, p, perm.length)] as Dim) : unknownDims(node, perm.length),
    ),
  ];
};

/** Axis of the input for each axis of a transposed output. */
export function permutation(node: Node, rank: number | undefined): readonly number[] | undefined {
  const perm = intsAttribute(node, 'perm', []);
  if (perm.length > 0 || rank === undefined) return perm.length > 0 ? perm : undefined;
  return Array.from({ length: rank }, (_, i) => rank - 1 - i);
}

/** Without axes, dims that are not known to be 1 stay: a model that loses its batch axis so could not be batched. */
const squeeze: Rule = (node, inputs) => {
  const { dtype, dims } = required(node, inputs, 0);
  if (!dims) return [ofType(dtype, undefined)];
  const axes = inputs[1] && axesInput(node, inputs[1], dims.length);
  if (inputs[1] && !axes) {
    const count = inputs[1].dims?.[0];
    return [ofType(dtype, typeof count === 'number' ? unknownDims(node, dims.length - count) : undefined)];
  }
  for (const axis of axes ?? []) {
    if (typeof dims[axis] === 'number' && dims[axis] !== 1) fail(node, `axis ${axis} of ${show(dims)} is not 1.`);
  }
  return [
    ofType(
      dtype,
      dims.filter((d, i) => (axes ? !axes.includes(i) : d !== 1)),
    ),
  ];
};

const unsqueeze: Rule = (node, inputs) => {
  const [{ dtype, dims }, input] = [required(node, inputs, 0), required(node, inputs, 1)];
  const count = input.dims?.[0] ?? input.value?.length;
  if (!dims || typeof count !== 'number') return [ofType(dtype, undefined)];
  const rank = dims.length + count;
  const axes = axesInput(node, input, rank);
  if (!axes) return [ofType(dtype, unknownDims(node, rank))];
  if (new Set(axes).size < axes.length) fail(node, `its axes ${show(axes)} name one twice.`);
  const rest = [...dims];
  return [
    ofType(
      dtype,
      Array.from({ length: rank }, (_, i) => (axes.includes(i) ? 1 : (rest.shift() as Dim))),
    ),
  ];
};

/** Exact quotient, or a dim of its own. */
const part = (node: Node, dim: Dim, by: number, axis: number): Dim =>
  divide(dim, by) ??
  (typeof dim === 'number' ? fail(node, `the dim ${dim} is no multiple of ${by}.`) : unknownDim(node, axis));

/** Moves blocks of an image between the channels and the plane. */
const blockwise =
  (moved: (node: Node, [c, h, w]: readonly [Dim, Dim, Dim], block: number) => readonly Dim[]): Rule =>
  (node, inputs) => {
    const { dtype, dims } = required(node, inputs, 0);
    expectRank(node, dims, 4);
    if (!dims) return [ofType(dtype, unknownDims(node, 4))];
    const [n, c, h, w] = dims as [Dim, Dim, Dim, Dim];
    return [ofType(dtype, [n, ...moved(node, [c, h, w], intAttribute(node, 'blocksize', 1))])];
  };

const depthToSpace = blockwise((node, [c, h, w], block) => [
  part(node, c, block * block, 1),
  multiply(h, block),
  multiply(w, block),
]);

const spaceToDepth = blockwise((node, [c, h, w], block) => [
  multiply(c, block * block),
  part(node, h, block, 2),
  part(node, w, block, 3),
]);

export const reshapes: Rules = {
  Reshape: reshape,
  Flatten: flatten,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
};
