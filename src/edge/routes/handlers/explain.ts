/** Handler of the route `explain`. */
import type { Context } from 'hono';
import { wrapTime } from 'hono/timing';
import { WhylightError } from '../../../core/errors.ts';
import { answered } from '../../../core/method/answered.ts';
import { cacheControl } from '../../cache/cached.ts';
import { type DocumentType, DRAWING_POLICY, DRAWN_TYPES } from '../../explain/document-type.ts';
import { type Answer, explainOrDefer } from '../../explain/explain-cached.ts';
import { setHeaders, sourceHeaders, targetHeaders } from '../../explain/headers.ts';
import { metricNames } from '../../explain/metric-parameters.ts';
import { type ExplainQuery, queryOf, readRaw } from '../../explain/query.ts';
import { checkReceipt } from '../../explain/receipt-parameter.ts';
import { drawAnswer, wireAnswer } from '../../explain/represent.ts';
import { compareWithShadow } from '../../explain/shadow.ts';
import { entityTag, matchesTag } from '../../http/entity-tag.ts';
import type { EdgeEnv } from '../../http/env.ts';
import { inferenceResponse, isBinary } from '../../http/inference-response.ts';
import { negotiate } from '../../http/negotiate.ts';
import type { Route } from '../../openapi/route.ts';
import { DeferToJob } from '../../routing/run.ts';
import type { Services } from '../../services.ts';
import { offeredTo } from '../../tenants/tenant.ts';

const REPRESENTATIONS = [...DRAWN_TYPES, 'text/event-stream'] as const;

/** Answers in the representation that the client accepts; a request that becomes a job with 202. */
export const handleExplain: Route['handler'] = (services) => async (c) => {
  const offered = offeredTo(c.get('tenant'), REPRESENTATIONS);
  // Checked before the body is read; what the body is decides among the types that are left.
  negotiate(c.req.header('Accept'), offered);
  // What asks for nodes of the model before they can be read is done again.
  const raw = await readRaw(c, services, 'unread');
  const query = await answered(() => queryOf(c, services, raw));
  const fitting = query.isData ? offered.filter((one) => one !== 'image/png') : offered;
  const type = negotiate(c.req.header('Accept'), fitting);
  checkReceipt(query, services, type);
  if (type === 'text/event-stream')
    return (await import('../../explain/event-stream.ts')).eventStream(c, services, query);
  const etag = await tagOf(query, type);
  c.header('ETag', etag);
  c.header('Cache-Control', 'private');
  c.header('Vary', 'Accept', { append: true });
  const known = matchesTag(c.req.header('If-None-Match'), etag);
  if (known && cacheControl(c.req.header('Cache-Control')).read) return c.body(null, 304);

  const answer = await explainOrDefer(c, services, query);
  if (answer instanceof DeferToJob) {
    c.header('ETag', undefined);
    return (await import('../../explain/accept-job.ts')).acceptJob(c, services, query, answer.why);
  }
  compareWithShadow(c, services, raw, answer);
  const { explanation } = answer;
  setHeaders(c, sourceHeaders(answer));
  if (explanation.degraded) {
    // The tag is that of the requested answer, which this is not.
    c.header('ETag', undefined);
    c.header('Cache-Control', 'no-store');
  } else if (known) return c.body(null, 304); // The client asked for a fresh answer, and has that very one.
  setHeaders(c, targetHeaders(explanation));
  return answered(() => represented(c, services, query, answer, type));
};

/** Answers with an explanation as this media type. */
async function represented(
  c: Context<EdgeEnv>,
  services: Services,
  query: ExplainQuery,
  answer: Answer,
  type: (typeof DRAWN_TYPES)[number],
): Promise<Response> {
  if (type === 'image/png') return imageResponse(c, services, query, answer);
  if (type === 'image/svg+xml' || type === 'text/html') return documentResponse(c, services, query, answer, type);
  const asBytes = type === 'application/octet-stream' ? () => true : isBinary(query.wire);
  return inferenceResponse(c, await wireAnswer(c, services, query, answer.explanation), asBytes);
}

function tagOf({ key, settings, wire, metricParams, reason }: ExplainQuery, type: string): Promise<string> {
  const details = /^(image|text\/html)/.test(type)
    ? settings.overlay
    : [wire?.id, wire?.outputs, settings.metrics, metricParams, reason, settings.receipt];
  return entityTag([key, type, details]);
}

async function imageResponse(
  c: Context<EdgeEnv>,
  services: Services,
  query: ExplainQuery,
  { explanation }: Answer,
): Promise<Response> {
  if (metricNames(query.settings.metrics).length > 0) {
    throw new WhylightError('not_acceptable', 'An image cannot carry metrics: ask for application/json.', {
      allowed: ['application/json', 'application/octet-stream'],
    });
  }
  const png = await wrapTime(c, 'draw', drawAnswer(services, query, explanation));
  return c.body(png as Uint8Array<ArrayBuffer>, 200, { 'Content-Type': 'image/png' });
}

/** Answers with a drawing or a page, for browsers. */
async function documentResponse(
  c: Context<EdgeEnv>,
  services: Services,
  query: ExplainQuery,
  { explanation }: Answer,
  type: DocumentType,
): Promise<Response> {
  const { drawDocument } = await import('../../explain/draw-document.ts');
  const text = await wrapTime(c, 'draw', drawDocument(services, query, explanation, type));
  c.set('pagePolicy', DRAWING_POLICY);
  return c.body(text, 200, { 'Content-Type': `${type}; charset=utf-8` });
}
