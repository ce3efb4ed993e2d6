import { type Context, Hono } from 'hono';
import { sha256Hex } from '../../core/digest.ts';
import { WhylightError } from '../../core/errors.ts';
import { explanationOutputs, explanationParameters, explanationPicture } from '../../protocol/explanation-outputs.ts';
import { subjectOf } from '../explain/input.ts';
import { metricNames } from '../explain/measure.ts';
import { prefersLater, type Question, requestOf } from '../explain/query.ts';
import { readSettings } from '../explain/settings.ts';
import { inferenceResponse, isBinary, wantedOutputs } from '../http/inference-response.ts';
import { negotiate } from '../http/negotiate.ts';
import { problemOf } from '../http/problem.ts';
import { type KeptResult, packQuestion, unpackResult } from '../jobs/contents.ts';
import { jobFolder } from '../jobs/files.ts';
import { hasEnded, JOB_TIMES, type Job } from '../jobs/job.ts';
import { checkWebhook, webhookSecret } from '../jobs/webhook.ts';
import { traceHeaders } from '../observe/trace-context.ts';
import { type Deferred, mostSamples } from '../routing/run.ts';
import type { EdgeEnv, Services } from '../services.ts';
import { limitsFor, offeredTo } from '../tenants/tenant.ts';
import { modelOf } from './models.ts';

const PATH = '/v2/jobs/:id';
const RESULT_PATH = `${PATH}/result`;
/** As the draft on Idempotency-Key leaves it open: visible ASCII. */
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;
/** Seconds after which to look again. */
const LOOK_AGAIN = '2';

/** `GET` and `DELETE /v2/jobs/{id}`, and its result. Jobs begin at `/explain`. */
export const jobRoutes = (services: Services) =>
  new Hono<EdgeEnv>()
    .get(PATH, async (c) => {
      const job = await jobOf(c, services);
      c.header('Cache-Control', 'no-store');
      if (!hasEnded(job)) c.header('Retry-After', LOOK_AGAIN);
      return c.json(jobView(job));
    })
    .delete(PATH, async (c) => {
      const { tenant, id, ...job } = await jobOf(c, services);
      if (hasEnded(job)) await services.jobs?.forget(tenant, id);
      else await services.jobs?.cancel(tenant, id);
      return c.body(null, 204);
    })
    .get(RESULT_PATH, async (c) => resultResponse(c, services, await jobOf(c, services)))
    .get('/v2/webhook', async (c) => {
      const secret = services.webhookSecret;
      if (!secret) throw new WhylightError('not_found', 'No webhooks are sent from here.');
      c.header('Cache-Control', 'no-store');
      return c.json({ secret: await webhookSecret(secret, c.get('tenant').id) });
    });

/**
 * Takes the question on as a job, or finds the one that the same Idempotency-Key has brought.
 * @throws WhylightError `invalid_request`, `conflict` for a key that came with another question
 */
export async function handIn(
  c: Context<EdgeEnv>,
  services: Services,
  question: Question,
  { why }: Deferred,
): Promise<Job> {
  const { jobs } = services;
  if (!jobs) throw new WhylightError('internal', 'A run was deferred where there are no jobs.');
  const tenant = c.get('tenant');
  const { model, settings, key, wire, picture } = question;
  if (metricNames(settings.metrics).length > 0) {
    throw new WhylightError('invalid_request', 'A job measures no metrics: leave out "metrics".', {
      issues: [{ parameter: 'metrics', message: 'must be left out of a job' }],
    });
  }
  const webhook =
    settings.webhook === undefined
      ? undefined
      : checkWebhook(settings.webhook, services.webhookSecret ? tenant.webhook_hosts : []);
  const id = await jobId(tenant.id, c.req.header('Idempotency-Key'));
  const fingerprint = await sha256Hex(new TextEncoder().encode(JSON.stringify([key, webhook ?? null])));
  const folder = jobFolder(tenant.id, id);
  const files = { question: `${folder}question-${fingerprint}`, picture: `${folder}picture-${fingerprint}` };
  // Before the job is: whoever takes it finds all that it needs. What nobody takes is removed by the bucket's own rule.
  if (picture) await jobs.files.put(files.picture, picture);
  await jobs.files.put(
    files.question,
    packQuestion({
      question: {
        model: { name: model.name, digest: model.digest },
        request: await requestOf(c, question),
        rights: { methods: tenant.methods, parameters: tenant.parameters },
        maxSamples: mostSamples(services, tenant),
      },
      version: model.version,
      wanted: {
        key,
        ...(wire && {
          wire: {
            ...(wire.id !== undefined && { id: wire.id }),
            outputs: wire.outputs,
            binaryOutput: wire.binaryOutput,
          },
        }),
        overlay: settings.overlay,
        choseOverlay: settings.choseOverlay,
        ...(picture && { picture: files.picture }),
      },
      seconds: tenant.cache.seconds,
      trace: traceHeaders(c.get('trace')),
    }),
  );
  const job = await jobs.submit({
    tenant: tenant.id,
    id,
    fingerprint,
    question: files.question,
    model: model.name,
    method: settings.method,
    ...(webhook !== undefined && { webhook }),
  });
  if (job.fingerprint !== fingerprint) {
    await jobs.files.remove(Object.values(files));
    throw new WhylightError('conflict', 'This Idempotency-Key came with another question before: use a new one.');
  }
  c.header('X-Whylight-Route', 'job');
  c.header('X-Whylight-Route-Reason', why);
  return job;
}

/** 202, and where to look (RFC 9110, 15.3.3). */
export function acceptedResponse(c: Context<EdgeEnv>, job: Job): Response {
  c.header('Location', pathOf(job));
  c.header('Retry-After', LOOK_AGAIN);
  c.header('Cache-Control', 'no-store');
  if (prefersLater(c.req.header('Prefer'))) c.header('Preference-Applied', 'respond-async');
  return c.json(jobView(job), 202);
}

/** A job as clients see it. */
export function jobView(job: Job) {
  const { id, status, model, method, created, updated, attempts, progress, failure, ended } = job;
  const iso = (time: number): string => new Date(time).toISOString();
  return {
    id,
    status,
    model,
    method,
    created: iso(created),
    updated: iso(updated),
    attempts,
    location: pathOf(job),
    ...(progress && !ended && { progress }),
    ...(status === 'succeeded' && { result: `${pathOf(job)}/result` }),
    ...(status === 'failed' && failure && { error: problemOf(errorOf(failure)) }),
    ...(ended !== undefined && { expires: iso(ended + JOB_TIMES.kept) }),
  };
}

async function resultResponse(c: Context<EdgeEnv>, services: Services, job: Job): Promise<Response> {
  const type = negotiate(
    c.req.header('Accept'),
    offeredTo(c.get('tenant'), ['application/json', 'image/png', 'application/octet-stream']),
  );
  c.header('Cache-Control', 'no-store');
  if (job.status === 'failed' && job.failure) throw errorOf(job.failure);
  if (job.status !== 'succeeded' || job.result === undefined) {
    if (!hasEnded(job)) c.header('Retry-After', LOOK_AGAIN);
    throw new WhylightError('not_found', `The job is ${job.status}: it has no result.`, { status_of_job: job.status });
  }
  const kept = unpackResult(await services.jobs?.files.get(job.result));
  if (type === 'image/png') return pictureResponse(c, services, kept);
  const { explanation, model, wanted } = kept;
  const { wire } = wanted;
  return inferenceResponse(
    c,
    {
      ...(wire?.id !== undefined && { id: wire.id }),
      modelName: model.name,
      modelVersion: model.version,
      parameters: explanationParameters(explanation, wanted.key),
      outputs: wantedOutputs(explanationOutputs(explanation), wire),
    },
    type === 'application/octet-stream' ? () => true : isBinary(wire),
  );
}

/** Drawn as the job wanted it, or as the query says: another colormap needs no other run. */
async function pictureResponse(
  c: Context<EdgeEnv>,
  services: Services,
  { explanation, model: { name, version }, wanted }: KeptResult,
): Promise<Response> {
  const { codecs, limits, jobs } = services;
  const { model } = await modelOf(c, services, { model: name, version });
  const drawing = readSettings({ ...wanted.overlay, ...c.req.query(), method: explanation.method });
  const bytes = wanted.picture === undefined ? undefined : await jobs?.files.get(wanted.picture);
  const subject =
    bytes &&
    subjectOf({ kind: 'picture', bytes, parameters: {} }, model, codecs, limitsFor(c.get('tenant'), limits).maxPixels);
  const choseOverlay = wanted.choseOverlay || c.req.query('overlay') !== undefined;
  const image = explanationPicture(explanation, await subject?.photo(), drawing.overlay, choseOverlay);
  const png = await codecs.encodePng(image);
  return c.body(png as Uint8Array<ArrayBuffer>, 200, { 'Content-Type': 'image/png' });
}

/** @throws WhylightError `not_found`, also for a job of somebody else */
async function jobOf(c: Context<EdgeEnv>, { jobs }: Services): Promise<Job> {
  const id = c.req.param('id') ?? '';
  const job = /^[0-9a-f]{32}$/.test(id) ? await jobs?.get(c.get('tenant').id, id) : undefined;
  if (job) return job;
  throw new WhylightError('not_found', 'There is no job of this id: it may have been removed, or never was.');
}

/** @throws WhylightError `invalid_request` */
async function jobId(tenant: string, key: string | undefined): Promise<string> {
  if (key === undefined) return crypto.randomUUID().replaceAll('-', '');
  if (!IDEMPOTENCY_KEY.test(key)) {
    throw new WhylightError('invalid_request', 'Idempotency-Key must be 1 to 255 visible ASCII characters.');
  }
  return (await sha256Hex(new TextEncoder().encode(`${tenant}\n${key}`))).slice(0, 32);
}

const pathOf = ({ id }: Job): string => `/v2/jobs/${id}`;
const errorOf = ({ code, message, details }: NonNullable<Job['failure']>): WhylightError =>
  new WhylightError(code, message, details);
