/** Rules of movement: columns are put together, picked and reshaped. */
import { intAttribute, intsAttribute } from '../onnx/attributes.ts';
import { constantValues } from '../onnx/constant.ts';
import { type Columns, type Origin, sizeOfRow } from './columns.ts';
import type { Rule, Rules } from './rule.ts';

/** Axis of a row that an attribute names for the whole tensor; undefined for the batch. */
function rowAxis(given: number, rank: number): number | undefined {
  const axis = given < 0 ? given + rank : given - 1;
  return axis >= 0 && axis < rank ? axis : undefined;
}

/** Elements along the last axis, for each element of the others. */
function pickLast(data: Columns, picks: readonly number[]): Columns | undefined {
  const extent = data.dims.at(-1);
  if (extent === undefined || picks.some((pick) => !(pick >= 0 && pick < extent))) return undefined;
  const outer = sizeOfRow(data) / extent;
  return {
    dims: [...data.dims.slice(0, -1), picks.length],
    origins: Array.from({ length: outer }, (_, o) =>
      picks.map((pick) => data.origins[o * extent + pick] as Origin),
    ).flat(),
  };
}

const concat: Rule = (inputs, node) => {
  const parts = inputs.map((part) => part && (part.dims.length === 0 ? { ...part, dims: [1] } : part));
  if (!parts.every((part) => part !== undefined)) return undefined;
  const rank = parts[0]?.dims.length ?? 0;
  const axis = node.op === 'FeatureVectorizer' ? rank - 1 : rowAxis(intAttribute(node, 'axis', 1), rank);
  if (axis !== rank - 1 || (rank > 1 && parts.some((part) => sizeOfRow(part) !== part.dims.at(-1)))) return undefined;
  const origins = parts.flatMap((part) => part.origins);
  return [{ dims: [...(parts[0]?.dims.slice(0, -1) ?? []), origins.length], origins }];
};

const reshape: Rule = ([data], node, scope) => {
  if (!data) return undefined;
  const shape = scope.constant(node.inputs[1] ?? '');
  const [, ...row] = shape ? Array.from(constantValues(shape)) : [];
  const size = sizeOfRow(data);
  const known = row.reduce((a, b) => (b === -1 ? a : a * b), 1);
  const dims = row.map((extent) => (extent === -1 ? size / known : extent));
  return [{ dims, origins: data.origins }];
};

const flatten: Rule = ([data]) => data && [{ dims: [sizeOfRow(data)], origins: data.origins }];

/** Axes of length 1 come or go. */
const squeeze: Rule = ([data], node, scope) => {
  if (!data) return undefined;
  const given = scope.constant(node.inputs[1] ?? '');
  const axes = given ? Array.from(constantValues(given)) : intsAttribute(node, 'axes', []);
  const rank = data.dims.length + (node.op === 'Unsqueeze' ? axes.length : 0);
  const rows = axes.map((axis) => rowAxis(axis, rank));
  if (rows.some((axis) => axis === undefined)) return undefined;
  if (node.op === 'Squeeze')
    return [{ dims: data.dims.filter((_, axis) => !rows.includes(axis)), origins: data.origins }];
  const dims = [...data.dims];
  for (const axis of (rows as number[]).sort((a, b) => a - b)) dims.splice(axis, 0, 1);
  return [{ dims, origins: data.origins }];
};

const featureExtractor: Rule = ([data], node, scope) => {
  const picks = scope.constant(node.inputs[1] ?? '');
  return data && picks && [pickLast(data, Array.from(constantValues(picks)))];
};

const gather: Rule = ([data], node, scope) => {
  const picks = scope.constant(node.inputs[1] ?? '');
  if (!data || !picks || rowAxis(intAttribute(node, 'axis', 0), data.dims.length) !== data.dims.length - 1)
    return undefined;
  const extent = data.dims.at(-1) as number;
  const picked = pickLast(
    data,
    Array.from(constantValues(picks), (pick) => (pick < 0 ? pick + extent : pick)),
  );
  return [picked && (picks.dims.length === 0 ? { ...picked, dims: picked.dims.slice(0, -1) } : picked)];
};

const slice: Rule = ([data], node, scope) => {
  const [starts, ends, axes, steps] = node.inputs
    .slice(1)
    .map((name) => scope.constant(name))
    .map((one) => one && Array.from(constantValues(one)));
  if (
    !data ||
    starts?.length !== 1 ||
    ends?.length !== 1 ||
    rowAxis(axes?.[0] ?? 0, data.dims.length) !== data.dims.length - 1
  )
    return undefined;
  const extent = data.dims.at(-1) as number;
  const bound = (at: number): number => Math.min(extent, Math.max(0, at < 0 ? at + extent : at));
  const [from, to, step] = [bound(starts[0] as number), bound(ends[0] as number), steps?.[0] ?? 1];
  if (step < 1) return undefined;
  return [
    pickLast(
      data,
      Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, i) => from + i * step),
    ),
  ];
};

const split: Rule = ([data], node, scope) => {
  if (!data || rowAxis(intAttribute(node, 'axis', 0), data.dims.length) !== data.dims.length - 1) return undefined;
  const given = scope.constant(node.inputs[1] ?? '');
  const extent = data.dims.at(-1) as number;
  const size = Math.ceil(extent / node.outputs.length);
  const sizes = given
    ? Array.from(constantValues(given))
    : node.outputs.map((_, i) => Math.min(size, extent - i * size));
  let from = 0;
  return sizes.map((length) => {
    from += length;
    return pickLast(
      data,
      Array.from({ length }, (_, i) => from - length + i),
    );
  });
};

export const movement: Rules = {
  Concat: concat,
  'ai.onnx.ml.FeatureVectorizer': concat,
  Reshape: reshape,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: squeeze,
  Gather: gather,
  'ai.onnx.ml.ArrayFeatureExtractor': featureExtractor,
  Slice: slice,
  Split: split,
};
