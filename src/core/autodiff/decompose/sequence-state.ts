/** Operators that generation works with: caches that are written in place, running products, causal convolutions with a state. */
import { intAttribute, stringAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { fromFront, rankOf, refuse, upTo } from '../rules/axes.ts';
import type { Decomposition } from './decomposition.ts';

/** Length along an axis, an int64 scalar. */
function lengthAlong(g: GraphBuilder, x: Value, axis: number): Value {
  const dim = x.dims?.[axis];
  if (typeof dim === 'number') return g.scalar(dim, 'int64');
  return g.op('Squeeze', [g.op('Shape', [x], { start: axis, end: axis + 1 })]);
}

const tensorScatter: Decomposition = {
  op: 'TensorScatter',
  note: 'Linear and circular.',
  rewrite({ g, node, inputs: [, , start], input }) {
    const [cache, update] = [input(0), input(1)];
    const rank = rankOf(cache, node);
    const axis = fromFront(intAttribute(node, 'axis', -2), rank);
    const [total, written] = [lengthAlong(g, cache, axis), lengthAlong(g, update, axis)];
    const zero = g.scalar(0, 'int64');
    const shapeAlong = (at: number): Value => g.ints(upTo(rank).map((i) => (i === at ? -1 : 1)));
    const cells = g.op('Reshape', [g.op('Range', [zero, total, g.scalar(1, 'int64')]), shapeAlong(axis)]);
    const first = start ? g.op('Reshape', [g.op('Cast', [start], { to: 7 }), shapeAlong(0)]) : zero;
    const distance = g.sub(cells, first);
    const source = stringAttribute(node, 'mode', 'linear') === 'circular' ? g.op('Mod', [distance, total]) : distance;
    const inside = g.op('And', [g.op('GreaterOrEqual', [source, zero]), g.op('Less', [source, written])]);
    const shape = g.op('ScatterElements', [g.shapeOf(update), g.ints([axis]), g.op('Reshape', [total, g.ints([1])])]);
    const index = g.op('Expand', [g.where(inside, source, zero), shape]);
    return [g.where(inside, g.op('GatherElements', [update, index], { axis }), cache)];
  },
};

const cumulativeProduct: Decomposition = {
  op: 'CumProd',
  note: 'Along an axis whose dim is known before the run: one product after the other, so that zeros are no exception.',
  rewrite({ g, node, inputs: [, along], input }) {
    const x = input(0);
    const axis = fromFront(Number(along?.value?.[0]), rankOf(x, node));
    const length = x.dims?.[axis];
    if (typeof length !== 'number') refuse(node, 'the length of its axis is not known before the run');
    const parts = length === 1 ? [x] : g.ops('Split', [x], { axis, num_outputs: length }, length);
    const exclusive = intAttribute(node, 'exclusive', 0) === 1;
    const reverse = intAttribute(node, 'reverse', 0) === 1;
    const products: Value[] = [];
    let running: Value | undefined;
    for (const part of reverse ? parts.toReversed() : parts) {
      const next: Value = running ? g.mul(running, part) : part;
      products.push(exclusive ? (running ?? g.expandLike(g.number(1, part), part)) : next);
      running = next;
    }
    const ordered = reverse ? products.reverse() : products;
    return [length === 1 ? ordered[0] : g.op('Concat', ordered, { axis })];
  },
};

const causalConvolution: Decomposition = {
  op: 'CausalConvWithState',
  always: true,
  rewrite({ g, node, inputs: [, , bias, past], input }) {
    const [x, weights] = [input(0), input(1)];
    const [channels, , size] = weights.dims ?? [];
    if (typeof channels !== 'number' || typeof size !== 'number')
      refuse(node, 'its kernel is not known before the run');
    const behind = size - 1;
    const whole = past ? g.op('Concat', [past, x], { axis: 2 }) : g.op('Pad', [x, g.ints([0, 0, behind, 0, 0, 0])]);
    const y = g.op('Conv', [whole, weights, bias], { group: channels });
    const activation = stringAttribute(node, 'activation', 'none');
    const present = g.op('Slice', [
      whole,
      behind === 0 ? lengthVector(g, whole) : g.ints([-behind]),
      g.ints([Number.MAX_SAFE_INTEGER]),
      g.ints([2]),
    ]);
    return [activation === 'none' ? y : g.mul(y, g.op('Sigmoid', [y])), present];
  },
};

const lengthVector = (g: GraphBuilder, x: Value): Value => g.op('Shape', [x], { start: 2, end: 3 });

export const stateDecompositions: readonly Decomposition[] = [tensorScatter, cumulativeProduct, causalConvolution];
