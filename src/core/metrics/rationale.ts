/** Comprehensiveness and sufficiency of a rationale (DeYoung et al. 2020, section 4.2): the most important words. */

import * as z from 'zod';
import { WhylightError } from '../errors.ts';
import { choice } from '../method/choice.ts';
import { units } from '../method/units.ts';
import { countOfShare } from './counts.ts';
import { defineMetric, type MetricContext } from './metric.ts';
import { type Pieces, piecesOf, rankedPieces } from './pieces.ts';
import { answerParameter, chosen } from './removal.ts';
import { withoutPieces } from './without-pieces.ts';

const eraser = {
  title: 'ERASER: A benchmark to evaluate rationalized NLP models',
  year: 2020,
  url: 'https://arxiv.org/abs/1911.03429',
};

/** Shares of the words of the paper. */
const SHARES = [0.01, 0.05, 0.1, 0.2, 0.5];

const params = z.object({
  shares: z
    .array(z.number().gt(0).max(1))
    .min(1)
    .max(100)
    .default(SHARES)
    .describe(
      'Shares of the words (or columns, or positions) that are the rationale; numbers of words are rounded up.',
    ),
  removal: choice(
    ['auto', 'delete', 'baseline'],
    'auto',
    'Removal of words: their tokens are cut out, and what follows moves up (delete, as in the paper), or they get the baseline of the request; auto cuts out tokens of sequences whose length is open, and takes the baseline for everything else.',
  ),
  baseline: units
    .default(0)
    .describe('Value of removed parts where the request gives no baseline: a number, or the id of a token.'),
  empty_rationale: z
    .boolean()
    .default(true)
    .describe('Counts the empty rationale in the mean, as the formula of the paper does.'),
  answer: answerParameter,
});

type Params = z.output<typeof params>;

export const comprehensiveness = defineMetric({
  id: 'comprehensiveness',
  about: {
    title: 'Comprehensiveness',
    summary: 'Mean fall of the answer when the most important words are removed, over several shares of the words.',
    paper: eraser,
    better: 'higher',
  },
  params,
  cost: ({ shares }) => ({ forwards: shares.length + 1, backwards: 0 }),
  measure: async (ctx) => {
    const { falls, counts, pieces } = await fallsOf(ctx, (ranked, count) => ranked.slice(0, count));
    // Nothing is removed of the empty rationale.
    return meanOf(ctx.params, falls, counts, pieces, 0);
  },
});

export const sufficiency = defineMetric({
  id: 'sufficiency',
  about: {
    title: 'Sufficiency',
    summary: 'Mean fall of the answer when only the most important words are left, over several shares of the words.',
    paper: eraser,
    better: 'lower',
  },
  params,
  cost: ({ shares, empty_rationale }) => ({ forwards: shares.length + 1 + (empty_rationale ? 1 : 0), backwards: 0 }),
  measure: async (ctx) => {
    const { falls, counts, pieces, without, before } = await fallsOf(ctx, (ranked, count) => ranked.slice(count));
    const empty = ctx.params.empty_rationale ? before - (await without([...pieces.all])) : 0;
    return meanOf(ctx.params, falls, counts, pieces, empty);
  },
});

/** Fall of the answer for each share. @param removed chooses the pieces that are removed, most important first */
async function fallsOf(
  ctx: MetricContext<Params>,
  removed: (ranked: readonly number[], count: number) => readonly number[],
) {
  const pieces = piecesOf(ctx);
  if (pieces.count < 2) {
    throw new WhylightError(
      'unprocessable_method',
      'A rationale needs an input of at least two words, columns or positions.',
    );
  }
  const ranked = rankedPieces(pieces);
  const { answer, shares } = ctx.params;
  const without = async (gone: readonly number[]): Promise<number> =>
    chosen(await ctx.answers(withoutPieces(ctx, pieces, gone)), answer)[0] as number;
  const before = chosen(await ctx.answers(ctx.inputs), answer)[0] as number;
  const counts = shares.map((share) => countOfShare(share, pieces.count, 'up'));
  const falls: number[] = [];
  for (const count of counts) falls.push(before - (await without(removed(ranked, count))));
  return { falls, counts, pieces, without, before };
}

/** Mean over the shares, and over the empty rationale where it counts; the curve is of the shares alone. */
function meanOf(
  { empty_rationale }: Params,
  falls: readonly number[],
  counts: readonly number[],
  { count }: Pieces,
  empty: number,
) {
  const sum = falls.reduce((total, fall) => total + fall, empty_rationale ? empty : 0);
  return {
    score: sum / (falls.length + (empty_rationale ? 1 : 0)),
    curve: { x: counts.map((taken) => taken / count), y: falls },
  };
}
