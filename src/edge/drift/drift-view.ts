/** Curves of attribution shares as the API shows them. */
import * as z from 'zod';
import { changeOf } from './change.ts';
import { type DriftHistory, hourOf, KEPT_DAYS, timeOf } from './history.ts';

const share = z.number().min(0).max(1);

export const driftView = z
  .object({
    model: z.string(),
    since: z.string().describe('Start of the first point.'),
    step_hours: z.int().describe('Hours of one point.'),
    curves: z.array(
      z.object({
        version: z.string(),
        method: z.string(),
        class: z.string().describe('Label or index of the class; empty where there is none.'),
        rows: z.int(),
        change: share
          .optional()
          .describe('Total variation distance of the last day from the days before; absent with fewer than 20 rows.'),
        points: z.array(z.object({ at: z.string(), rows: z.int(), shares: z.record(z.string(), share) })),
      }),
    ),
  })
  .meta({ id: 'Drift' });

export type DriftView = z.output<typeof driftView>;
export type DriftViewCurve = DriftView['curves'][number];

export const driftQuery = z.object({
  model: z.string().min(1).max(100).describe('Name of the model.'),
  days: z.coerce.number().int().min(1).max(KEPT_DAYS).default(14).describe('Days to go back.'),
});

/** Maximum number of curves of a page: those of most rows. */
const MAX_CURVES = 12;
/** Hours of a point, so that there are at most about 60 of them. */
const STEPS = [1, 2, 6, 12, 24];
const MAX_POINTS = 60;
/** Decimals of shares. */
const DIGITS = 4;

/** Reads the curves of a model. */
export async function readDrift(
  history: DriftHistory,
  { model, days }: z.output<typeof driftQuery>,
  now: number,
): Promise<DriftView> {
  const step = STEPS.find((hours) => (24 * days) / hours <= MAX_POINTS) ?? (STEPS.at(-1) as number);
  const end = hourOf(now) + 1;
  const since = Math.floor((end - 24 * days) / step) * step;
  const curves = await history.curves({ model, since, step, max: MAX_CURVES });
  return {
    model,
    since: at(since),
    step_hours: step,
    curves: curves.map((curve) => {
      const change = changeOf(curve, end - 24);
      return {
        version: curve.version,
        method: curve.method,
        class: curve.label,
        rows: curve.rows,
        ...(change !== undefined && { change: rounded(change) }),
        points: curve.points.map(({ hour, rows, shares }) => ({
          at: at(hour),
          rows,
          shares: Object.fromEntries(Object.entries(shares).map(([group, value]) => [group, rounded(value)])),
        })),
      };
    }),
  };
}

const at = (hour: number): string => new Date(timeOf(hour)).toISOString();
const rounded = (value: number): number => Math.min(1, Number(value.toFixed(DIGITS)));
