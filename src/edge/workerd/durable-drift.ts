/** The history of attribution shares in Workers: one Durable Object for each model adds them up, hour by hour. */
import { DurableObject } from 'cloudflare:workers';
import { type CurvesQuery, type DriftCurve, type DriftHistory, KEPT_DAYS } from '../drift/history.ts';
import type { DriftFacts } from '../drift/sink.ts';

/** Maximum size of the shares of a model, whose labels tenants may make up. Nothing is added above it. */
const MAX_BYTES = 32 * 1024 * 1024;

const TABLE = `CREATE TABLE IF NOT EXISTS shares (
  hour INTEGER, version TEXT, method TEXT, label TEXT, name TEXT, sum REAL, rows INTEGER,
  PRIMARY KEY (hour, version, method, label, name)) WITHOUT ROWID`;
const ADD = `INSERT INTO shares VALUES (?, ?, ?, ?, ?, ?, 1)
  ON CONFLICT DO UPDATE SET sum = sum + excluded.sum, rows = rows + 1`;
const LARGEST = `SELECT version, method, label FROM shares WHERE hour >= ?
  GROUP BY version, method, label ORDER BY SUM(rows) DESC, version, method, label LIMIT ?`;
const POINTS = `SELECT hour - hour % ?1 AS start, name, SUM(sum) AS sum, SUM(rows) AS rows FROM shares
  WHERE hour >= ?2 AND version = ?3 AND method = ?4 AND label = ?5 GROUP BY start, name ORDER BY start, name`;

type Subject = Pick<DriftCurve, 'version' | 'method' | 'label'>;

/**
 * Durable Object class of the attribution history. A Worker that embeds the app exports it, and binds it as
 * `DRIFT_HISTORY` in its `wrangler.toml`.
 *
 * @example
 * export { AttributionHistory } from 'whylight/edge';
 * @see docs/drift.md
 */
export class AttributionHistory extends DurableObject {
  private readonly sql = this.ctx.storage.sql;
  private latest = 0;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    this.sql.exec(TABLE);
  }

  /** Adds the shares of one row. */
  async add({ version, method, label, shares }: Omit<DriftFacts, 'model'>, hour: number): Promise<void> {
    if (hour > this.latest) this.forget(hour);
    if (this.sql.databaseSize > MAX_BYTES) return;
    for (const [name, share] of Object.entries(shares)) this.sql.exec(ADD, hour, version, method, label, name, share);
  }

  /** Returns the curves. */
  async curves({ since, step, max }: Omit<CurvesQuery, 'model'>): Promise<DriftCurve[]> {
    const subjects = this.sql.exec<{ [Name in keyof Subject]: string }>(LARGEST, since, max).toArray();
    return subjects.map((subject) => this.curveOf(subject, since, step));
  }

  private curveOf(subject: Subject, since: number, step: number): DriftCurve {
    const { version, method, label } = subject;
    const found = this.sql.exec<{ start: number; name: string; sum: number; rows: number }>(
      POINTS,
      step,
      since,
      version,
      method,
      label,
    );
    const points = new Map<number, { hour: number; rows: number; shares: Record<string, number> }>();
    for (const { start, name, sum, rows } of found) {
      const point = points.get(start) ?? { hour: start, rows: 0, shares: {} };
      // A group that a row lacks has no share in it.
      point.rows = Math.max(point.rows, rows);
      point.shares[name] = sum;
      points.set(start, point);
    }
    const all = [...points.values()].map(({ hour, rows, shares }) => ({
      hour,
      rows,
      shares: Object.fromEntries(Object.entries(shares).map(([name, sum]) => [name, sum / rows])),
    }));
    return { version, method, label, rows: all.reduce((sum, { rows }) => sum + rows, 0), points: all };
  }

  private forget(hour: number): void {
    this.latest = hour;
    this.sql.exec('DELETE FROM shares WHERE hour < ?', hour - 24 * KEPT_DAYS);
  }
}

/** The object from outside. */
type Remote = Pick<AttributionHistory, 'add' | 'curves'>;

export function durableDrift(objects: DurableObjectNamespace): DriftHistory {
  const of = (model: string) => objects.get(objects.idFromName(model)) as unknown as Remote;
  return {
    add: ({ model, ...facts }, hour) => of(model).add(facts, hour),
    curves: ({ model, ...query }) => of(model).curves(query),
  };
}
