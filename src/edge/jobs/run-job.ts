/** Runs one attempt of a job. */
import type { WaitUntil } from '../../core/engine/session-cache.ts';
import { messageOf, PASSING_CODES, WhylightError } from '../../core/errors.ts';
import type { Explanation } from '../../core/explainer/explanation.ts';
import { withFeatures } from '../../core/explainer/with-features.ts';
import { pack } from '../../protocol/packed.ts';
import { methodState } from '../cache/method-state.ts';
import type { CacheUse } from '../cache/result-cache.ts';
import { withFacts } from '../observe/log.ts';
import { recordRun } from '../observe/run-record.ts';
import { methodsFor } from '../tenants/rights.ts';
import { hasTenantFiles } from '../tenants/tenant-files.ts';
import { packResult, type StoredRequest, unpackRequest } from './contents.ts';
import { jobFolder } from './files.ts';
import { type Heartbeat, startHeartbeat } from './heartbeat.ts';
import { type Failure, hasEnded, type Job } from './job.ts';
import type { JobDelivery, JobServices } from './queue.ts';

const MAX_BACKOFF_S = 60;

/** True for a failure after which a job is tried again: those that pass, and unexpected ones, such as an isolate that ends. */
const isTransient = ({ code }: Failure): boolean => PASSING_CODES.has(code) || code === 'internal';

/** Seconds until the next attempt. */
export const backoff = (attempts: number): number => Math.min(MAX_BACKOFF_S, 2 ** Math.min(attempts, 6));

/** Leases the job of a message and runs it. */
export async function runJob(services: JobServices, message: JobDelivery, waitUntil: WaitUntil): Promise<void> {
  const { jobs, log } = services;
  const { tenant, id } = message.body;
  const job = await jobs.lease(tenant, id);
  // The job has ended, or another delivery runs it. Should that one die, the job's alarm sends a new message.
  if (!job) return message.ack();
  const heartbeat = startHeartbeat(jobs, job);
  try {
    await complete(services, job, heartbeat, waitUntil);
    message.ack();
  } catch (error) {
    if (heartbeat.signal.aborted) return message.ack();
    const failure = failureOf(error);
    const after = await jobs.fail(tenant, id, job.attempts, failure, !isTransient(failure));
    const { model, method, attempts: attempt, created } = job;
    const facts = { id, tenant, attempt, model, method, total_ms: Date.now() - created };
    log('warn', 'an attempt of a job failed', { ...facts, code: failure.code, reason: failure.message });
    if (!after || hasEnded(after)) message.ack();
    else message.retry({ delaySeconds: backoff(job.attempts) });
  } finally {
    heartbeat.stop();
  }
}

async function complete(services: JobServices, job: Job, heartbeat: Heartbeat, waitUntil: WaitUntil): Promise<void> {
  const { jobs, log } = services;
  const { tenant, id, attempts } = job;
  const stored = unpackRequest(await jobs.files.get(job.question));
  const { wanted, version, seconds } = stored;
  const { notices } = wanted;
  const lines = withFacts(log, correlation(stored.trace));
  const start = { tenant, model: stored.question.model.name, method: stored.question.request.method, job: id };
  const sinks = { log: lines, ...(services.metrics && { metrics: services.metrics }) };
  const explained = await recordRun(sinks, start, 'job', () => explain(services, stored, job, heartbeat, waitUntil));
  const explanation = notices ? { ...explained, notices } : explained;
  const result = `${jobFolder(tenant, id)}result-${attempts}`;
  const named = { name: stored.question.model.name, version };
  await jobs.files.put(result, packResult({ explanation, model: named, wanted }));
  // Cached before the job ends: a client that waited for the end and repeats the request finds the answer.
  if (seconds > 0) await store(services, wanted.key, explanation, { seconds, waitUntil, owner: tenant });
  if (await jobs.succeed(tenant, id, attempts, result)) {
    const { model, method, created } = job;
    lines('info', 'a job succeeded', { id, tenant, attempts, model, method, total_ms: Date.now() - created });
    await jobs.files.remove([job.question]);
  } else {
    await jobs.files.remove([result]);
  }
}

/** Ids of the request that submitted a job, as every line about that request has them. */
const correlation = (trace: StoredRequest['trace']): Readonly<Record<string, string>> => ({
  ...(trace['X-Request-Id'] !== undefined && { request_id: trace['X-Request-Id'] }),
  ...(trace.traceparent !== undefined && { trace_id: trace.traceparent.split('-')[1] ?? '' }),
});

/** Caches the explanation. A cache that fails costs another run later on, not the job. */
async function store(services: JobServices, key: string, explanation: Explanation, use: CacheUse): Promise<void> {
  try {
    await services.cache.put(key, pack(explanation), use);
  } catch (error) {
    services.log('warn', 'the result of a job was not cached', { reason: String(error) });
  }
}

/** @throws WhylightError `forbidden`, `conflict`, errors of `ModelCatalogue.get` and of the run */
async function explain(
  services: JobServices,
  { question, version, trace, files }: StoredRequest,
  job: Job,
  heartbeat: Heartbeat,
  waitUntil: WaitUntil,
): Promise<Explanation> {
  const { models, tenants, tenantFiles, explainer, pause, cache, log } = services;
  const known = await tenants.named(job.tenant, waitUntil);
  if (!known || known.tenant.disabled) throw new WhylightError('forbidden', 'The tenant of the job no longer exists.');
  const served = await models.get(question.model.name, known.tenant, waitUntil, version);
  const { model, bundle } = served;
  if (model.digest !== question.model.digest) {
    throw new WhylightError('conflict', 'The model was replaced while the job was queued: submit it again.');
  }
  const { request, rights, maxSamples } = question;
  const hooks = {
    signal: heartbeat.signal,
    ...(maxSamples !== undefined && { maxSamples }),
    progress: (done: number, total: number) => heartbeat.progress({ done, total }),
    waitUntil,
  };
  const state = methodState({ cache, log, tenant: known.tenant, waitUntil });
  const methods = methodsFor(rights, explainer.methods);
  const origin = hasTenantFiles({ files }, request.method) ? undefined : services.origin;
  const planned = async () => {
    await explainer.methods.load([request.method]);
    const entry = tenantFiles.entryFor({ id: job.tenant, files }, explainer.methods.get(request.method));
    return explainer.planned(model, request, { methods, entry });
  };
  const explanation = origin
    ? await origin.explain(model, request, { ...hooks, rights, trace, tenant: job.tenant, ...(bundle && { bundle }) })
    : await explainer.run(await planned(), { ...hooks, state, ...(pause && { pause }) });
  if (!request.features) return explanation;
  return withFeatures(explanation, model, request, (await services.modalities.use(served)).modality);
}

function failureOf(error: unknown): Failure {
  if (WhylightError.is(error)) return { code: error.code, message: error.message, details: error.details };
  return { code: 'internal', message: messageOf(error), details: {} };
}
