import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import { wrapTime } from 'hono/timing';
import { WhylightError } from '../../core/errors.ts';
import { partialOutputs } from '../../protocol/explanation-outputs.ts';
import { cacheControl } from '../cache/cached.ts';
import { type DocumentType, DRAWING_POLICY } from '../explain/document-type.ts';
import { type Answer, type AnswerHooks, explainCached } from '../explain/explain-cached.ts';
import { sourceHeaders, targetHeaders } from '../explain/headers.ts';
import { metricNames } from '../explain/metric-parameters.ts';
import { type ExplainQuery, queryOf, readRaw } from '../explain/query.ts';
import { checkReceipt } from '../explain/receipt-parameter.ts';
import { drawAnswer, wireAnswer } from '../explain/represent.ts';
import { compareWithShadow } from '../explain/shadow.ts';
import { submitQuery } from '../explain/submit-query.ts';
import { linkTo } from '../http/base-path.ts';
import { entityTag, matchesTag } from '../http/entity-tag.ts';
import type { EdgeEnv } from '../http/env.ts';
import { inferenceResponse, isBinary, responseText } from '../http/inference-response.ts';
import { negotiate } from '../http/negotiate.ts';
import { prefersAsync } from '../http/prefer.ts';
import { problemOf } from '../http/problem.ts';
import type { Job } from '../jobs/job.ts';
import { jobPath, jobView } from '../jobs/view.ts';
import { DRAWN_TYPES, inputBody, json, negotiated, notModified } from '../openapi/content.ts';
import { RUN_HEADERS } from '../openapi/headers.ts';
import { defineRoute } from '../openapi/route.ts';
import * as schemas from '../openapi/schemas.ts';
import { DeferToJob } from '../routing/run.ts';
import type { Services } from '../services.ts';
import { offeredTo } from '../tenants/tenant.ts';

const REPRESENTATIONS = [...DRAWN_TYPES, 'text/event-stream'] as const;

/** Explains a prediction: as JSON or bytes in the Open Inference Protocol, as an image, or as a stream of events. */
export const explain = defineRoute(
  {
    id: 'explain',
    method: 'post',
    path: '/v2/models/{model}/explain',
    versioned: true,
    tag: 'explanations',
    summary: 'Explains which parts of the input caused the prediction.',
    description:
      "Parameters may come in the query, in the form, or under `parameters` in the body; the method's own are listed by `GET /v2/methods/{method}`.",
    access: 'explain',
    cost: 'explanation',
    request: { body: inputBody, query: schemas.explainQuery },
    requestHeaders: ['Cache-Control', 'Idempotency-Key', 'If-None-Match', 'Inference-Header-Content-Length', 'Prefer'],
    responses: {
      ...negotiated('image/png', 'image/svg+xml', 'text/html', 'application/octet-stream', 'text/event-stream'),
      202: {
        content: json(schemas.job),
        description: 'The request runs as a job: route=job, Prefer: respond-async, or too heavy for every other route.',
      },
      ...notModified,
    },
    headers: [
      'ETag',
      'Inference-Header-Content-Length',
      'Location',
      'Preference-Applied',
      'Retry-After',
      'X-Whylight-Label',
      'X-Whylight-Probability',
      'X-Whylight-Score',
      'X-Whylight-Target',
      ...RUN_HEADERS,
    ],
  },
  (services) => async (c) => {
    const offered = offeredTo(c.get('tenant'), REPRESENTATIONS);
    // Checked before the body is read; what the body is decides among the types that are left.
    negotiate(c.req.header('Accept'), offered);
    const raw = await readRaw(c, services);
    const query = await queryOf(c, services, raw);
    const fitting = query.isData ? offered.filter((one) => one !== 'image/png') : offered;
    const type = negotiate(c.req.header('Accept'), fitting);
    checkReceipt(query, services, type);
    if (type === 'text/event-stream') return eventStream(c, services, query);
    const etag = await tagOf(query, type);
    c.header('ETag', etag);
    c.header('Cache-Control', 'private');
    c.header('Vary', 'Accept', { append: true });
    const known = matchesTag(c.req.header('If-None-Match'), etag);
    if (known && cacheControl(c.req.header('Cache-Control')).read) return c.body(null, 304);

    const answer = await answerOrDefer(c, services, query);
    if (answer instanceof DeferToJob) {
      c.header('ETag', undefined);
      return acceptedResponse(c, await submitQuery(c, services, query), answer.why);
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
    if (type === 'image/png') return imageResponse(c, services, query, answer);
    if (type === 'image/svg+xml' || type === 'text/html') return documentResponse(c, services, query, answer, type);
    const asBytes = type === 'application/octet-stream' ? () => true : isBinary(query.wire);
    return inferenceResponse(c, await wireAnswer(c, services, query, explanation), asBytes);
  },
);

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
  const { drawDocument } = await import('../explain/draw-document.ts');
  const text = await wrapTime(c, 'draw', drawDocument(services, query, explanation, type));
  c.set('pagePolicy', DRAWING_POLICY);
  return c.body(text, 200, { 'Content-Type': `${type}; charset=utf-8` });
}

/**
 * Streams events: `progress` {done, total}; `partial` with a map that is right but not yet precise; then `result` with the
 * answer in JSON, `job` where a job takes its place, or `error` with the problem.
 */
function eventStream(c: Context<EdgeEnv>, services: Services, query: ExplainQuery): Response {
  c.header('Cache-Control', 'no-store');
  return streamSSE(c, async (stream) => {
    const send = (event: string, data: string) => stream.writeSSE({ event, data });
    try {
      const answer = await answerOrDefer(c, services, query, eventHooks(send));
      if (answer instanceof DeferToJob) {
        const job = await submitQuery(c, services, query);
        await send('job', JSON.stringify(jobView(job, (path) => linkTo(c, path))));
        return;
      }
      await send('result', responseText(await wireAnswer(c, services, query, answer.explanation)));
    } catch (error) {
      await send('error', JSON.stringify(problemOf(error, c.get('requestId'), c.get('positions'))));
    }
  });
}

/** Makes hooks that send events; progress is sent once for each percent. */
function eventHooks(send: (event: string, data: string) => Promise<void>): AnswerHooks {
  let last = -1;
  return {
    progress(done, total) {
      const percent = Math.floor((100 * done) / total);
      if (percent === last) return;
      last = percent;
      void send('progress', JSON.stringify({ done, total }));
    },
    partial(row, explained) {
      void send('partial', responseText(partialOutputs(row, explained)));
    },
  };
}

function answerOrDefer(
  c: Context<EdgeEnv>,
  services: Services,
  query: ExplainQuery,
  hooks: AnswerHooks = {},
): Promise<Answer | DeferToJob> {
  const deferrable = services.jobs !== undefined;
  return explainCached(c, services, query, { ...hooks, deferrable }).catch((error: unknown) => {
    if (error instanceof DeferToJob) return error;
    throw error;
  });
}

/** Answers 202 with the path of the job (RFC 9110, 15.3.3). */
function acceptedResponse(c: Context<EdgeEnv>, job: Job, why: string): Response {
  setHeaders(c, {
    'X-Whylight-Route': 'job',
    'X-Whylight-Route-Reason': why,
    Location: linkTo(c, jobPath(job)),
    'Retry-After': '2',
    'Cache-Control': 'no-store',
  });
  if (prefersAsync(c.req.header('Prefer'))) c.header('Preference-Applied', 'respond-async');
  return c.json(
    jobView(job, (path) => linkTo(c, path)),
    202,
  );
}

function setHeaders(c: Context<EdgeEnv>, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
}
