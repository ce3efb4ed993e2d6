/** Sampling at the points of a grid that differs between the passes. */
import type { AttributesLike } from '../../../onnx/attribute-like.ts';
import type { Value } from '../../../onnx/builder.ts';
import { type Cotangents, operands } from '../../rule.ts';
import { rankOf, upTo } from '../../rules/axes.ts';
import { gradientAt } from '../gradient.ts';
import { half, ratio, SMOOTH, type Vjp } from './parts.ts';

/**
 * Samples are linear in the image: it counts as the mean of what both grids read. The grid counts as what it moves in
 * the mean of both images, coordinate by coordinate: each is moved from the baseline's to the input's position once before
 * and once behind the others, and gets the mean of both changes.
 */
export const gridSample: Vjp = (context) => {
  const {
    g,
    node,
    inputs: [x, grid],
    cotangents: [m],
    reference,
    wants,
  } = context;
  const [x0, grid0] = [reference(x), reference(grid)];
  const means = half(g, x, x0);
  const at = (points: Value): Cotangents => gradientAt(context, { inputs: operands([means, points]) });
  const [here, there] = [at(grid), at(grid0)];
  const mean = (i: number): Value | false => {
    const [a, b] = [here[i], there[i]];
    return a && b ? half(g, a, b) : false;
  };
  if (!wants(1)) return [mean(0)];

  const count = rankOf(x, node) - 2;
  const apart = (points: Value): Value[] => g.ops('Split', [points], { axis: -1, num_outputs: count }, count);
  const [ends, starts] = [apart(grid), apart(grid0)];
  const sample = (moved: readonly number[]): Value => {
    const points = g.op(
      'Concat',
      upTo(count).map((c) => (moved.includes(c) ? ends : starts)[c]),
      { axis: -1 },
    );
    return g.op('GridSample', [means, points], node.attributes as AttributesLike);
  };
  const change = (c: number, before: readonly number[]): Value => g.sub(sample([...before, c]), sample(before));
  const multipliers = upTo(count).map((c): Value => {
    const [first, last] = [upTo(c), upTo(count).slice(c + 1)];
    const moved = g.reduce('ReduceSum', g.mul(m, half(g, change(c, first), change(c, last))), [1], false);
    return g.op('Unsqueeze', [moved, g.ints([-1])]);
  });
  const slopes = mean(1) || g.zerosLike(grid);
  const changes = g.op('Concat', multipliers, { axis: -1 });
  return [wants(0) && mean(0), ratio(g, changes, g.sub(grid, grid0), SMOOTH, slopes)];
};
