import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { wrapTime } from 'hono/timing';
import { sha256Hex } from '../../core/digest.ts';
import { WhylightError } from '../../core/errors.ts';
import type { Explanation } from '../../core/explainer/explanation.ts';
import {
  explanationOutputs,
  explanationParameters,
  explanationPicture,
  partialOutputs,
} from '../../protocol/explanation-outputs.ts';
import { cacheControl, remember } from '../explain/cached.ts';
import { type Measures, measure, metricNames } from '../explain/measure.ts';
import { answerTo, atTheEdge, memoryOf, type Question, readQuestion, requestOf } from '../explain/query.ts';
import { entityTag, matchesTag } from '../http/entity-tag.ts';
import { inferenceResponse, isBinary, responseText, wantedOutputs } from '../http/inference-response.ts';
import { negotiate } from '../http/negotiate.ts';
import { problemOf } from '../http/problem.ts';
import { Deferred } from '../routing/run.ts';
import type { EdgeEnv, Services } from '../services.ts';
import { offeredTo } from '../tenants/tenant.ts';
import { acceptedResponse, handIn, jobView } from './jobs.ts';
import { modelPaths } from './models.ts';

const REPRESENTATIONS = ['application/json', 'image/png', 'application/octet-stream', 'text/event-stream'] as const;

/**
 * `POST /v2/models/{model}/explain`: which parts of the input made the model answer so. As JSON or bytes in the Open
 * Inference Protocol, as a picture, or as events while it is computed.
 */
export const explainRoutes = (services: Services) =>
  new Hono<EdgeEnv>().on('POST', modelPaths('/explain'), async (c) => {
    const type = negotiate(c.req.header('Accept'), offeredTo(c.get('tenant'), REPRESENTATIONS));
    const question = await readQuestion(c, services);
    if (type === 'text/event-stream') return eventStream(c, services, question);
    const { settings, key, wire } = question;

    const etag = await entityTag([
      key,
      type,
      type === 'image/png' ? settings.overlay : [wire?.id, wire?.outputs, settings.metrics],
    ]);
    c.header('ETag', etag);
    c.header('Cache-Control', 'private');
    c.header('Vary', 'Accept', { append: true });
    const known = matchesTag(c.req.header('If-None-Match'), etag);
    if (known && cacheControl(c.req.header('Cache-Control')).read) return c.body(null, 304);

    const answer = await answerTo(c, services, question, { deferrable: services.jobs !== undefined }).catch(deferral);
    if (answer instanceof Deferred) {
      c.header('ETag', undefined);
      return acceptedResponse(c, await handIn(c, services, question, answer));
    }
    const { explanation } = answer;
    if (explanation.degraded) {
      // The tag names the answer that was asked for, which this is not.
      c.header('ETag', undefined);
      c.header('Cache-Control', 'no-store');
    } else if (known) return c.body(null, 304); // as fresh as it was asked for, and still what the client has
    for (const [name, value] of Object.entries(targetHeaders(explanation))) c.header(name, value);
    if (type === 'image/png') {
      refuseMetrics(question);
      const png = await wrapTime(c, 'draw', draw(services, question, explanation));
      return c.body(png as Uint8Array<ArrayBuffer>, 200, { 'Content-Type': type });
    }
    return inferenceResponse(
      c,
      await responseTo(c, services, question, explanation),
      type === 'application/octet-stream' ? () => true : isBinary(wire),
    );
  });

/**
 * `progress` {done, total} while it computes, `partial` with a map that is right but not yet precise, then `result` with
 * what application/json would have been, `job` where one takes its place, or `error` with the problem.
 */
function eventStream(c: Context<EdgeEnv>, services: Services, question: Question): Response {
  c.header('Cache-Control', 'no-store');
  return streamSSE(c, async (stream) => {
    const send = (event: string, data: string) => stream.writeSSE({ event, data });
    let last = -1;
    try {
      const answer = await answerTo(c, services, question, {
        deferrable: services.jobs !== undefined,
        progress(done, total) {
          // A hundred events tell as much as ten thousand.
          const percent = Math.floor((100 * done) / total);
          if (percent === last) return;
          last = percent;
          void send('progress', JSON.stringify({ done, total }));
        },
        partial(row, explained) {
          void send('partial', responseText(partialOutputs(row, explained)));
        },
      }).catch(deferral);
      if (answer instanceof Deferred) {
        await send('job', JSON.stringify(jobView(await handIn(c, services, question, answer))));
        return;
      }
      const { explanation } = answer;
      await send('result', responseText(await responseTo(c, services, question, explanation)));
    } catch (error) {
      await send('error', JSON.stringify(problemOf(error, c.get('requestId'), c.get('places'))));
    }
  });
}

function deferral(error: unknown): Deferred {
  if (error instanceof Deferred) return error;
  throw error;
}

async function responseTo(c: Context<EdgeEnv>, services: Services, question: Question, explanation: Explanation) {
  const { model, key, wire } = question;
  const measures = await measured(c, services, question, explanation);
  return {
    ...(wire?.id !== undefined && { id: wire.id }),
    modelName: model.name,
    modelVersion: model.version,
    parameters: { ...explanationParameters(explanation, key), ...measures.parameters },
    outputs: wantedOutputs([...explanationOutputs(explanation), ...measures.outputs], wire),
  };
}

/** The metrics that are asked for, kept beside the answer. They run at the edge, wherever that was computed. */
async function measured(
  c: Context<EdgeEnv>,
  services: Services,
  question: Question,
  explanation: Explanation,
): Promise<Measures> {
  const names = metricNames(question.settings.metrics);
  if (names.length === 0) return { outputs: [], parameters: {}, samples: 0 };
  const { value, state } = await remember<Measures>(
    {
      ...memoryOf(c, services),
      key: await sha256Hex(new TextEncoder().encode(`${question.key}/metrics/${names.join()}`)),
      // Of a coarser answer they say nothing about the one that was asked for.
      ...(explanation.degraded && { allowed: { read: false, write: false } }),
    },
    async () => {
      const request = await requestOf(c, question);
      return atTheEdge(c, services, (hooks) =>
        measure(services.explainer, question.model, request, explanation, names, hooks),
      );
    },
  );
  const seen = c.get('seen');
  if (state === 'miss' || state === 'bypass') seen.samples = (seen.samples ?? 0) + value.samples;
  return value;
}

function refuseMetrics({ settings }: Question): void {
  if (metricNames(settings.metrics).length === 0) return;
  throw new WhylightError('not_acceptable', 'A picture has no place for metrics: ask for application/json.', {
    allowed: ['application/json', 'application/octet-stream'],
  });
}

async function draw(
  { codecs }: Services,
  { subject, settings }: Question,
  explanation: Explanation,
): Promise<Uint8Array> {
  const photo = await subject.photo();
  return codecs.encodePng(explanationPicture(explanation, photo, settings.overlay, settings.choseOverlay));
}

/** Characters of a label in a header; that of a long expression would be more than clients and proxies take. */
const LONGEST_LABEL = 200;

/** For clients that only look at the picture. A label may hold any character, so it is percent-encoded. */
function targetHeaders({ rows }: Explanation): Record<string, string> {
  const [row] = rows;
  if (!row || rows.length !== 1) return {};
  const { index, label } = row.target;
  const probability = row.top.find((candidate) => candidate.index === index)?.probability;
  return {
    'X-Whylight-Score': String(row.score),
    ...(index !== undefined && { 'X-Whylight-Target': String(index) }),
    ...(label !== undefined && label.length <= LONGEST_LABEL && { 'X-Whylight-Label': encodeURIComponent(label) }),
    ...(probability !== undefined && { 'X-Whylight-Probability': String(probability) }),
  };
}
