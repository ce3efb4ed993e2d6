/** Operators that pick elements by index, and those that put them somewhere: each is the way back of the other. */
import { intAttribute, stringAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import type { Dim } from '../../onnx/graph.ts';
import { type Cotangents, defineRule, type Rule, type RuleCase, type RuleContext } from '../rule.ts';
import { fromFront, inverse, moving, permutedZeros, rankOf, upTo } from './axes.ts';

/** Indices that are known before the run, counted from the front. */
function knownPlaces(indices: Value, dim: Dim | undefined): readonly number[] | undefined {
  if (typeof dim !== 'number' || !indices.value?.every((v) => typeof v === 'number')) return undefined;
  return (indices.value as readonly number[]).map((i) => fromFront(i, dim));
}

/** Zeros in the shape of `x`, rows along `axis` added at `indices` (a vector): the way back of Gather. */
function addRows(g: GraphBuilder, x: Value, axis: number, indices: Value, rows: Value): Value {
  const rank = x.dims?.length ?? 1;
  const perm = moving(rank, axis, 0);
  const positions = g.op('Unsqueeze', [indices, g.ints([-1])]);
  const sum = g.op('ScatterND', [permutedZeros(g, x, perm, rows), positions, g.transpose(rows, perm)], {
    reduction: 'add',
  });
  return g.transpose(sum, inverse(perm));
}

/** Places that no one picks twice: each element of x looks up its cotangent, or the zero put behind them all. */
function lookUp(g: GraphBuilder, rows: Value, axis: number, dim: number, positions: readonly number[]): Value {
  const [first, count] = [positions[0] as number, positions.length];
  if (positions.every((p, i) => p === first + i)) {
    const [before, after] = [first, dim - first - count];
    return before + after === 0 ? rows : g.op('Pad', [rows, g.ints([before, after]), null, g.ints([axis])]);
  }
  const from = upTo(dim).map((i) => positions.indexOf(i));
  const source = from.includes(-1) ? g.op('Pad', [rows, g.ints([0, 1]), null, g.ints([axis])]) : rows;
  return g.op('Gather', [source, g.ints(from.map((i) => (i < 0 ? count : i)))], { axis });
}

function gatherBack({ g, node, inputs: [x, indices], cotangents: [dy] }: RuleContext): Value {
  const rank = rankOf(x, node);
  const axis = fromFront(intAttribute(node, 'axis', 0), rank);
  const positions = knownPlaces(indices, x.dims?.[axis]);
  const rankOfIndices = rankOf(indices, node);
  const rows =
    rankOfIndices === 1
      ? dy
      : rankOfIndices === 0
        ? g.op('Unsqueeze', [dy, g.ints([axis])])
        : joined(g, dy, axis, rankOfIndices);
  if (positions && new Set(positions).size === positions.length)
    return lookUp(g, rows, axis, x.dims?.[axis] as number, positions);
  return addRows(g, x, axis, g.op('Reshape', [indices, g.ints([-1])]), rows);
}

/** `count` dims of `x` from `axis` on made one. */
function joined(g: GraphBuilder, x: Value, axis: number, count: number): Value {
  const rank = x.dims?.length ?? 0;
  const shape = g.shapeOf(x);
  const part = (start: number, end: number): Value => g.op('Slice', [shape, g.ints([start]), g.ints([end])]);
  return g.op('Reshape', [x, g.op('Concat', [part(0, axis), g.ints([-1]), part(axis + count, rank)], { axis: 0 })]);
}

/** The indices of a GatherND with `batch_dims`, written out with the batch's own coordinates in front. */
function withBatchCoordinates(g: GraphBuilder, indices: Value, batchDims: number): Value {
  const rank = indices.dims?.length ?? 1;
  const shape = g.shapeOf(indices);
  const single = g.op('Concat', [g.op('Slice', [shape, g.ints([0]), g.ints([rank - 1])]), g.ints([1])], { axis: 0 });
  const scalar = (n: number): Value => g.scalar(n, 'int64');
  const coordinates = upTo(batchDims).map((axis) => {
    const count = g.op('Gather', [shape, scalar(axis)]);
    const range = g.op('Range', [scalar(0), count, scalar(1)]);
    return g.op('Expand', [g.op('Unsqueeze', [range, g.ints(upTo(rank - 1 - axis).map((i) => i + 1))]), single]);
  });
  return g.op('Concat', [...coordinates, indices], { axis: -1 });
}

/** The operator that scatters, and the one that reads what it writes. */
interface Scatter {
  readonly read: (x: Value) => Value;
  readonly write: (into: Value, what: Value, reduction: string) => Value;
}

const scatterRule = (op: string, scatterOf: (context: RuleContext) => Scatter, cases: readonly RuleCase[]): Rule =>
  defineRule({
    op,
    since: [11, 13, 16, 18],
    note: 'All reductions; equal winners of max and min share evenly.',
    vjp: (context) => scatterBack(context, scatterOf(context)),
    cases,
  });

/** ScatterElements and ScatterND. */
function scatterBack(context: RuleContext, { read, write }: Scatter): Cotangents {
  const {
    g,
    node,
    inputs: [data, , updates],
    outputs: [y],
    cotangents: [dy],
    wants,
  } = context;
  const reduction = stringAttribute(node, 'reduction', 'none');
  const [zero, one] = [g.number(0, dy), g.number(1, dy)];
  const fill = (value: Value, like: Value): Value => g.expandLike(value, like);
  switch (reduction) {
    case 'none':
      return [wants(0) && write(dy, fill(zero, updates), 'none'), false, wants(2) && read(dy)];
    case 'add':
      return [dy, false, wants(2) && read(dy)];
    case 'mul': {
      const isZero = g.op('Equal', [updates, zero]);
      const others = (): Value => {
        // The product of the others at the position: with zeros left out it is a quotient, unless another zero is there.
        const factors = g.where(isZero, one, updates);
        const zeros = g.op('CastLike', [isZero, dy]);
        const more = g.sub(read(write(fill(zero, data), zeros, 'add')), zeros);
        const product = g.div(read(g.mul(dy, write(data, factors, 'mul'))), factors);
        return g.where(g.op('Equal', [more, zero]), product, zero);
      };
      return [wants(0) && g.mul(dy, write(fill(one, data), updates, 'mul')), false, wants(2) && others()];
    }
    default: {
      // Max and min: equal winners share evenly.
      const won = g.op('CastLike', [g.op('Equal', [data, y]), dy]);
      const wonToo = g.op('CastLike', [g.op('Equal', [updates, read(y)]), dy]);
      const share = g.div(dy, write(won, wonToo, 'add'));
      return [wants(0) && g.mul(won, share), false, wants(2) && g.mul(wonToo, read(share))];
    }
  }
}

const ints = (dims: number[], data: number[]) => ({ dims, data, dtype: 'int64' as const, constant: true });
const atRunTime = (dims: number[], data: number[]) => ({ ...ints(dims, data), constant: false });

const gathers: readonly RuleCase[] = [
  { inputs: [[4, 3], ints([2], [2, 0])] },
  { inputs: [[2, 4, 3], ints([], [-4])], attributes: { axis: 1 } },
  { inputs: [[2, 4, 3], ints([3], [1, 2, 3])], attributes: { axis: -2 } },
  { inputs: [[2, 3], ints([3], [2, 0, 1])], attributes: { axis: 1 } },
  { inputs: [[2, 3], ints([4], [2, 0, 2, -1])], attributes: { axis: 1 } },
  { inputs: [[2, 3, 2], ints([2, 2], [0, 1, 1, 2])], attributes: { axis: 1 } },
  { inputs: [[4, 3], atRunTime([3], [-1, 1, 3])] },
  { inputs: [[2, 4, 3], atRunTime([2, 2], [0, 2, 2, -2])], attributes: { axis: 1 } },
  { inputs: [[2, 4], atRunTime([], [2])], attributes: { axis: 1 } },
];

const scatters = (
  data: number[],
  indices: ReturnType<typeof ints>,
  once: ReturnType<typeof ints>,
  updates: number[],
  attributes = {},
): RuleCase[] => {
  const inputs = (positions: ReturnType<typeof ints>) => [data, positions, { dims: updates, range: [1.1, 2] as const }];
  return [
    { inputs: inputs(once), attributes },
    ...['add', 'mul'].map((reduction) => ({ inputs: inputs(indices), attributes: { ...attributes, reduction } })),
    ...['max', 'min'].map((reduction) => ({
      inputs: [{ dims: data, range: [-4, 4] as const }, indices, { dims: updates, range: [-2.4, 2.4] as const }],
      attributes: { ...attributes, reduction },
    })),
  ];
};

export const gatherRules: readonly Rule[] = [
  defineRule({ op: 'Gather', since: [1, 11, 13], vjp: (context) => [gatherBack(context)], cases: gathers }),
  defineRule({
    op: 'GatherElements',
    since: [11, 13],
    vjp: ({ g, node, inputs: [x, indices], cotangents: [dy] }) => [
      g.op('ScatterElements', [g.expandLike(g.number(0, dy), x), indices, dy], {
        axis: intAttribute(node, 'axis', 0),
        reduction: 'add',
      }),
    ],
    cases: [
      { inputs: [[2, 3], ints([2, 2], [0, 0, 2, -1])], attributes: { axis: 1 } },
      { inputs: [[3, 2], atRunTime([2, 2], [2, 0, 2, 1])] },
      { inputs: [[2, 3, 2], ints([1, 2, 2], [1, 0, -1, 1])], attributes: { axis: -2 } },
    ],
  }),
  defineRule({
    op: 'GatherND',
    since: [11, 12, 13],
    vjp({ g, node, inputs: [x, indices], cotangents: [dy] }) {
      const positions = withBatchCoordinates(g, indices, intAttribute(node, 'batch_dims', 0));
      return [g.op('ScatterND', [g.expandLike(g.number(0, dy), x), positions, dy], { reduction: 'add' })];
    },
    cases: [
      { inputs: [[2, 3, 2], ints([2, 2], [0, 1, 1, -1])] },
      { inputs: [[3, 2], ints([2, 2, 1], [0, 1, 1, 2])] },
      { inputs: [[2, 3, 2], ints([2, 1], [1, 0])], attributes: { batch_dims: 1 } },
      { inputs: [[2, 2, 3], ints([2, 2, 2, 1], [0, 1, 2, 2, 1, 0, -1, 0])], attributes: { batch_dims: 2 } },
    ],
  }),
  scatterRule(
    'ScatterElements',
    ({ g, node, inputs: [, indices] }) => {
      const axis = intAttribute(node, 'axis', 0);
      return {
        read: (x) => g.op('GatherElements', [x, indices], { axis }),
        write: (into, what, reduction) => g.op('ScatterElements', [into, indices, what], { axis, reduction }),
      };
    },
    scatters([2, 4], ints([2, 3], [0, 2, 2, 1, 1, -1]), ints([2, 3], [0, 2, 1, 1, 0, -1]), [2, 3], { axis: 1 }),
  ),
  scatterRule(
    'ScatterND',
    ({ g, inputs: [, indices] }) => ({
      read: (x) => g.op('GatherND', [x, indices]),
      write: (into, what, reduction) => g.op('ScatterND', [into, indices, what], { reduction }),
    }),
    [
      ...scatters([4, 2], ints([3, 1], [1, 1, -1]), ints([3, 1], [1, 0, -1]), [3, 2]),
      { inputs: [[2, 3], ints([2, 2], [0, 1, 1, 2]), [2]] },
    ],
  ),
  defineRule({
    op: 'Compress',
    since: [9, 11],
    vjp({ g, node, inputs: [x, condition], cotangents: [dy] }) {
      const positions = g.op('Reshape', [g.op('NonZero', [condition]), g.ints([-1])]);
      if (node.attributes.axis)
        return [addRows(g, x, fromFront(intAttribute(node, 'axis', 0), rankOf(x, node)), positions, dy)];
      const flat = g.op('Reshape', [g.expandLike(g.number(0, dy), x), g.ints([-1])]);
      return [g.reshapeLike(g.op('ScatterElements', [flat, positions, dy], { axis: 0 }), x)];
    },
    cases: [
      { inputs: [[2, 3, 2], { dims: [3], data: [1, 0, 1], dtype: 'bool' }], attributes: { axis: 1 } },
      { inputs: [[2, 3], { dims: [4], data: [0, 1, 1, 0], dtype: 'bool' }] },
    ],
  }),
  defineRule({
    op: 'OneHot',
    since: [9, 11],
    note: 'By its two values; the indices get none.',
    vjp({ g, node, inputs: [indices, depth, values], cotangents: [dy], wants }) {
      if (!wants(2)) return [];
      const hot = g.op('OneHot', [indices, depth, g.constant(values.dtype, [2], [0, 1])], node.attributes);
      const sum = (x: Value): Value => g.op('Reshape', [g.op('ReduceSum', [x], { keepdims: 0 }), g.ints([1])]);
      const on = sum(g.mul(dy, hot));
      return [false, false, g.op('Concat', [g.sub(sum(dy), on), on], { axis: 0 })];
    },
    cases: [{ inputs: [ints([3], [0, 2, 1]), ints([], [4]), [2]] }],
  }),
  defineRule({
    op: 'TopK',
    since: [1, 10, 11],
    vjp: ({ g, node, inputs: [x], outputs: [, indices], cotangents: [dy] }) => [
      dy &&
        g.op('ScatterElements', [g.expandLike(g.number(0, dy), x), indices, dy], {
          axis: intAttribute(node, 'axis', -1),
        }),
    ],
    cases: [
      { inputs: [{ dims: [3, 5], range: [-1, 1] }, ints([1], [2])], outputs: 2 },
      { inputs: [{ dims: [4, 3], range: [-1, 1] }, ints([1], [3])], outputs: 2, attributes: { axis: 0, largest: 0 } },
    ],
  }),
];
