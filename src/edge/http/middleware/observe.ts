import type { Context, MiddlewareHandler } from 'hono';
import { WhylightError } from '../../../core/errors.ts';
import { type Log, withFacts } from '../../observe/log.ts';
import { type Metrics, noMetrics, type RequestFacts } from '../../observe/metrics.ts';
import type { Spans } from '../../observe/spans.ts';
import { continueTrace, traceHeaders } from '../../observe/trace-context.ts';
import type { EdgeEnv } from '../env.ts';
import { operationOf } from './operation.ts';

/**
 * Connects a request to its trace, logs one line and records one metric. Neither holds the path, the query, an address or
 * a key: a path may name a label, and a query a person. Runs after the request id is set.
 */
export const observe = ({
  log,
  metrics = noMetrics,
  spans,
}: {
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly spans?: Spans;
}): MiddlewareHandler<EdgeEnv> =>
  async function observe(c, next) {
    const [at, started] = [Date.now(), performance.now()];
    const trace = continueTrace(c.req.header('traceparent'), c.req.header('tracestate'));
    c.set('trace', trace);
    c.set('seen', {});
    c.set('log', withFacts(log, { request_id: c.get('requestId'), trace_id: trace.traceId }));
    await next();
    for (const [name, value] of Object.entries(traceHeaders(trace))) c.header(name, value);
    const facts = factsOf(c, performance.now() - started);
    c.get('log')(facts.status < 500 ? 'info' : 'warn', 'request', {
      span_id: trace.spanId,
      ...(trace.parentId && { parent_id: trace.parentId }),
      ...Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== '' && fact !== 0)),
    });
    count(c, metrics, facts);
    spans?.add({
      name: `${facts.verb} ${facts.route}`,
      kind: 'server',
      trace,
      start: at,
      end: at + facts.ms,
      ...(facts.code !== '' && { error: facts.code }),
      attributes: attributesOf(facts),
    });
  };

/** Facts of a request as attributes of its span, under the names of the semantic conventions where there are any. */
const attributesOf = ({ verb, route, status, tenant, model, method, cache }: RequestFacts) => ({
  'http.request.method': verb,
  'http.route': route,
  'http.response.status_code': status,
  ...Object.fromEntries(Object.entries({ tenant, model, method, cache }).filter(([, value]) => value !== '')),
});

function factsOf(c: Context<EdgeEnv>, ms: number): RequestFacts {
  const { model = '', method = '', cache = '', samples = 0 } = c.get('seen');
  return {
    verb: c.req.method,
    route: operationOf(c) ?? 'none',
    status: c.res.status,
    code: c.error ? (WhylightError.is(c.error) ? c.error.code : 'internal') : '',
    tenant: c.get('tenant')?.id ?? '',
    model,
    method,
    cache,
    ms: Math.round(ms * 10) / 10,
    samples,
  };
}

/** Records metrics. A sink that fails must not fail the request. */
function count(c: Context<EdgeEnv>, metrics: Metrics, facts: RequestFacts): void {
  try {
    metrics.count(facts);
  } catch (error) {
    c.get('log')('warn', 'a request could not be counted', { reason: String(error) });
  }
}
