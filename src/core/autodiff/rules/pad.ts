/**
 * Padding. A constant border is cut off; what mirrors, repeats or wraps the edges is a sum of slices, each added where it
 * was copied from.
 */
import { stringAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { defineRule, type Rule, type RuleContext } from '../rule.ts';
import { fromFront, known, rankOf, refuse, upTo } from './axes.ts';

const ints = (...data: number[]) => ({ dims: [data.length], data, dtype: 'int64' as const, constant: true });

/** Padding of one axis, in elements; negative amounts crop. */
interface AxisPadding {
  readonly axis: number;
  readonly dim: number;
  readonly before: number;
  readonly after: number;
}

/** Consecutive output positions that copy consecutive input positions: forwards (1), backwards (-1) or one of them (0). */
interface Run {
  readonly start: number;
  readonly length: number;
  readonly source: number;
  readonly step: -1 | 0 | 1;
}

/** Input position that output position `i` copies; undefined in a constant border. */
function sourceOf(mode: string, { dim, before }: AxisPadding, i: number): number | undefined {
  const at = i - before;
  if (at >= 0 && at < dim) return at;
  if (mode === 'edge') return at < 0 ? 0 : dim - 1;
  if (mode === 'wrap') return ((at % dim) + dim) % dim;
  if (mode !== 'reflect') return undefined;
  const period = Math.max(2 * (dim - 1), 1);
  const folded = ((at % period) + period) % period;
  return folded < dim ? folded : period - folded;
}

/** The output axis as few runs as possible, in order. */
function runsOf(mode: string, padding: AxisPadding): Run[] {
  const runs: Run[] = [];
  for (let i = 0; i < padding.dim + padding.before + padding.after; i++) {
    const source = sourceOf(mode, padding, i);
    if (source === undefined) continue;
    const last = runs.at(-1);
    const adjacent = last && last.start + last.length === i;
    const step = last && source - (last.source + last.step * (last.length - 1));
    if (adjacent && (step === -1 || step === 0 || step === 1) && (last.length === 1 || step === last.step)) {
      runs[runs.length - 1] = { ...last, length: last.length + 1, step };
    } else {
      runs.push({ start: i, length: 1, source, step: 1 });
    }
  }
  return runs;
}

/** The cotangent of one axis before padding: each run added to the positions that it copied. */
function foldAxis(g: GraphBuilder, dy: Value, mode: string, padding: AxisPadding): Value {
  const { axis, dim } = padding;
  const parts = runsOf(mode, padding).map(({ start, length, source, step }) => {
    const end = start + length;
    const slice =
      step === -1
        ? g.op('Slice', [
            dy,
            g.ints([end - 1]),
            g.ints([start === 0 ? -(2 ** 31) : start - 1]),
            g.ints([axis]),
            g.ints([-1]),
          ])
        : g.op('Slice', [dy, g.ints([start]), g.ints([end]), g.ints([axis])]);
    const part = step === 0 ? g.reduce('ReduceSum', slice, [axis]) : slice;
    const width = step === 0 ? 1 : length;
    const first = step === -1 ? source - length + 1 : source;
    const [before, after] = [first, dim - first - width];
    return before === 0 && after === 0 ? part : g.op('Pad', [part, g.ints([before, after]), null, g.ints([axis])]);
  });
  return parts.length <= 2 ? parts.reduce(g.add) : g.op('Sum', parts);
}

/** The cotangent of x, one axis after the other. */
function foldPadding({ g, node, inputs: [x, padsInput], cotangents: [dy], optional }: RuleContext): Value {
  const rank = rankOf(x, node);
  const given = optional(3);
  const axes = given ? known(given, node, 'axes').map((axis) => fromFront(axis, rank)) : upTo(rank);
  const pads = known(padsInput, node, 'pads');
  const mode = stringAttribute(node, 'mode', 'constant');
  let value = dy;
  for (const [i, axis] of axes.entries()) {
    const [before, after] = [pads[i] as number, pads[i + axes.length] as number];
    const dim = x.dims?.[axis];
    if (before === 0 && after === 0) continue;
    if (mode === 'constant' && before >= 0 && after >= 0) {
      const end = typeof dim === 'number' ? dim + before : after === 0 ? Number.MAX_SAFE_INTEGER : -after;
      value = g.op('Slice', [value, g.ints([before]), g.ints([end]), g.ints([axis])]);
      continue;
    }
    if (typeof dim !== 'number') refuse(node, `mode ${mode} needs a dim that is known before the run on axis ${axis}`);
    if (dim + before + after <= 0) refuse(node, `its pads crop all of axis ${axis}`);
    value = foldAxis(g, value, mode, { axis, dim, before, after });
  }
  return value;
}

/** The sum of the cotangent over the border, for a padding value that depends on the input. */
function borderSum({ g, node, inputs: [x, pads], cotangents: [dy], optional }: RuleContext): Value {
  const border = g.op('Pad', [g.zerosLike(x), pads, g.number(1, x), optional(3)], node.attributes);
  return g.mul(dy, border);
}

export const padRules: readonly Rule[] = [
  defineRule({
    op: 'Pad',
    since: [1, 2, 11, 13, 18, 19, 21],
    note: 'By the input and by the padding value.',
    vjp: (context) => [context.wants(0) && foldPadding(context), false, context.wants(2) && borderSum(context)],
    cases: [
      { inputs: [[2, 3], ints(0, 1, 1, 2)] },
      { inputs: [[2, 3], ints(1, 2), null, ints(-1)] },
      { inputs: [[3, 4], ints(0, -1, 1, -1)] },
      { inputs: [[2, 3], ints(0, 1, 1, 2), { dims: [], data: [0.5] }] },
      { inputs: [[2, 4], ints(0, 2, 0, 3)], attributes: { mode: 'reflect' } },
      { inputs: [[2, 4], ints(0, 2, 0, -1)], attributes: { mode: 'reflect' } },
      { inputs: [[2, 4], ints(1, 2, 0, 3)], attributes: { mode: 'edge' } },
      { inputs: [[2, 4], ints(0, 2, 0, 3)], attributes: { mode: 'wrap' } },
    ],
  }),
];
