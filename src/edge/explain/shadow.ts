/** Shadow runs: another version of the model explains the same input, and the two maps are compared. */
import type { Context } from 'hono';
import { messageOf } from '../../core/errors.ts';
import type { ExplainedRow, Explanation } from '../../core/explainer/explanation.ts';
import { type EdgeEnv, waitUntilOf } from '../http/env.ts';
import { chanceOf } from '../models/requested-model.ts';
import type { ServedModel } from '../models/served-model.ts';
import type { ShadowFacts } from '../observe/shadow-facts.ts';
import { runPlan } from '../routing/run.ts';
import type { Services } from '../services.ts';
import { limitsFor } from '../tenants/tenant.ts';
import type { Answer } from './explain-cached.ts';
import { queryOf, type RawQuery, runRequest } from './query.ts';

/**
 * Runs the shadow of a model after the answer, where the model has one, for its share of the explanations that were
 * computed. The client neither waits for it nor sees it; a failure is logged.
 */
export function compareWithShadow(c: Context<EdgeEnv>, services: Services, raw: RawQuery, answer: Answer): void {
  const isComputed = answer.state === 'miss' || answer.state === 'bypass';
  if (!isComputed || answer.explanation.degraded || c.req.param('version') !== undefined) return;
  const work = async (): Promise<void> => {
    const chance = chanceOf(c.get('requestId'), 'shadow');
    const { name, version } = raw.served.model;
    const shadow = await services.models.shadow(name, c.get('tenant'), waitUntilOf(c), chance);
    if (!shadow || shadow.model.version === version) return;
    const theirs = await explanationOf(c, services, { ...raw, served: shadow });
    const { spearman } = await import('../../core/metrics/similarity.ts');
    const facts = compared(c.get('tenant').id, raw.served, shadow, [answer.explanation, theirs], spearman);
    c.get('log')('info', 'a shadow was compared', { request_id: c.get('requestId'), ...facts });
    services.shadows?.(facts);
  };
  waitUntilOf(c)(
    work().catch((error: unknown) => {
      const { name } = raw.served.model;
      c.get('log')('warn', 'a shadow failed', { model: name, reason: messageOf(error) });
    }),
  );
}

async function explanationOf(c: Context<EdgeEnv>, services: Services, raw: RawQuery): Promise<Explanation> {
  const query = await queryOf(c, services, raw);
  const { maxSamples } = limitsFor(c.get('tenant'), services.limits);
  const hooks = { waitUntil: waitUntilOf(c), maxSamples, ...(services.pause && { pause: services.pause }) };
  return (await runPlan(services, await runRequest(c, query, false), hooks)).explanation;
}

/** Correlation of two lists of equal length. */
type Correlate = (a: ArrayLike<number>, b: ArrayLike<number>) => number;

function compared(
  tenant: string,
  { model: ours }: ServedModel,
  { model: theirs }: ServedModel,
  [first, second]: readonly [Explanation, Explanation],
  correlate: Correlate,
): ShadowFacts {
  const pairs = first.rows.map((row, i) => [row, second.rows[i]] as const);
  const mean = (value: (pair: (typeof pairs)[number]) => number): number =>
    pairs.reduce((sum, pair) => sum + value(pair), 0) / Math.max(1, pairs.length);
  return {
    tenant,
    model: ours.name,
    method: first.method,
    version: ours.version,
    shadow: theirs.version,
    correlation: mean(([a, b]) => correlationOf(a, b, correlate)),
    agreement: mean(([a, b]) => Number(b !== undefined && a.top[0]?.index === b.top[0]?.index)),
  };
}

function correlationOf(a: ExplainedRow, b: ExplainedRow | undefined, correlate: Correlate): number {
  const [ours, theirs] = [mapOf(a), b && mapOf(b)];
  return ours && theirs && ours.length === theirs.length ? correlate(ours, theirs) : 0;
}

const mapOf = ({ map, values }: ExplainedRow): Float32Array | undefined => map?.data ?? Object.values(values)[0]?.data;
