/** Discrete Fourier transforms: linear, and each the other's transpose up to the length. */
import { intAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import type { Node } from '../../onnx/graph.ts';
import { defineRule, type Rule } from '../rule.ts';
import { fromFront, rankOf, refuse } from './axes.ts';

/** The first `count` positions along an axis; zeros behind, where there are fewer. */
function fitted(g: GraphBuilder, x: Value, axis: number, count: number): Value {
  const dim = x.dims?.[axis] as number;
  if (dim === count) return x;
  if (dim > count) return g.op('Slice', [x, g.ints([0]), g.ints([count]), g.ints([axis])]);
  return g.op('Pad', [x, g.ints([0, count - dim]), undefined, g.ints([axis])]);
}

interface HalfSpectrum {
  readonly x: Value;
  readonly dy: Value;
  readonly axis: number;
  /** Samples of the real signal. */
  readonly length: number;
  readonly node: Node;
}

/**
 * Input cotangent of the inverse transform of one side of a spectrum: the one-sided transform of dy over its length, twice
 * at the frequencies that stand for their conjugates too.
 */
function halfSpectrum(g: GraphBuilder, { x, dy, axis, length, node }: HalfSpectrum): Value {
  if (Number.isNaN(length)) refuse(node, 'the length of the transform is not known before the run');
  const spectrum = g.op('DFT', [dy, undefined, g.scalar(axis, 'int64')], { onesided: 1 });
  const bins = Math.floor(length / 2) + 1;
  const weights = Array.from({ length: bins }, (_, k) => (k === 0 || 2 * k === length ? 1 : 2) / length);
  const rank = rankOf(x, node);
  const shape = Array.from({ length: rank }, (_, i) => (i === axis ? bins : 1));
  return fitted(g, g.mul(spectrum, g.constant(x.dtype, shape, weights)), axis, Number(x.dims?.[axis]));
}

const axisAt = (axis: number) => ({ dims: [], data: [axis], dtype: 'int64' as const });

export const fourierRules: readonly Rule[] = [
  defineRule({
    op: 'DFT',
    since: [17, 20],
    note: 'Along an axis of a dim that is known before the run.',
    vjp({ g, node, inputs: [x], outputs: [y], optional, cotangents: [dy] }) {
      const rank = rankOf(x, node);
      const inverse = intAttribute(node, 'inverse', 0) === 1;
      const onesided = intAttribute(node, 'onesided', 0) === 1;
      const [given, along] = [optional(1), optional(2)];
      const axis = fromFront(Number(along ? along.value?.[0] : -2), rank);
      const [dim, length] = [x.dims?.[axis], given ? Number(given.value?.[0]) : x.dims?.[axis]];
      if (typeof dim !== 'number' || typeof length !== 'number' || Number.isNaN(length))
        refuse(node, 'the length of the transform is not known before the run');
      if (onesided && inverse) return [halfSpectrum(g, { x, dy, axis, length: Number(y.dims?.[axis]), node })];
      const back = g.op(
        'DFT',
        [fitted(g, dy, axis, length), undefined, g.scalar(axis, 'int64')],
        inverse ? {} : { inverse: 1 },
      );
      const scaled = g.mul(back, g.number(inverse ? 1 / length : length, back));
      // A real signal has no imaginary part to have a derivative by.
      return [fitted(g, fitted(g, scaled, axis, dim), rank - 1, Number(x.dims?.[rank - 1]))];
    },
    cases: [
      { inputs: [[1, 6, 2]] },
      { inputs: [[2, 5, 1]] },
      { inputs: [[2, 5, 3, 1], null, axisAt(1)] },
      { inputs: [[1, 6, 1]], attributes: { onesided: 1 } },
      { inputs: [[1, 5, 1]], attributes: { onesided: 1 } },
      { inputs: [[1, 6, 2]], attributes: { inverse: 1 } },
      { inputs: [[1, 4, 2]], attributes: { inverse: 1, onesided: 1 } },
      { inputs: [[1, 4, 2], axisAt(7)], attributes: { inverse: 1, onesided: 1 } },
      { inputs: [[1, 6, 1], axisAt(4)] },
      { inputs: [[1, 4, 2], axisAt(7)], attributes: { inverse: 1 } },
    ],
  }),
];
