import * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';
import { explanationOutputs, explanationParameters } from '../../protocol/explanation-outputs.ts';
import { drawResult, requestedJob } from '../explain/stored-job.ts';
import { linkTo } from '../http/base-path.ts';
import { checkedQuery } from '../http/checked-query.ts';
import { inferenceResponse, isBinary, wantedOutputs } from '../http/inference-response.ts';
import { negotiate } from '../http/negotiate.ts';
import { unpackResult } from '../jobs/contents.ts';
import { hasEnded } from '../jobs/job.ts';
import { listJobs } from '../jobs/job-list.ts';
import { failureError, jobView } from '../jobs/view.ts';
import { webhookSecret } from '../jobs/webhook.ts';
import { answer, done, negotiated } from '../openapi/content.ts';
import { EXPLANATION_PROBLEMS } from '../openapi/problems.ts';
import { defineRoute } from '../openapi/route.ts';
import * as schemas from '../openapi/schemas.ts';
import { offeredTo } from '../tenants/tenant.ts';

/** Seconds after which to ask again for a job that runs. */
const RETRY_AFTER_S = '2';
const REPRESENTATIONS = ['application/json', 'image/png', 'application/octet-stream'] as const;

/** Lists the jobs of the caller's tenant. */
export const jobs = defineRoute(
  {
    id: 'listJobs',
    method: 'get',
    path: '/v2/jobs',
    tag: 'jobs',
    summary: 'Lists the jobs of the tenant, the newest first.',
    description: 'Jobs of other tenants are never listed, for operators either.',
    access: 'explain',
    cost: 'none',
    request: { query: schemas.jobsQuery },
    responses: answer(schemas.jobs, 'The jobs.'),
    problems: ['invalid_request', 'not_found'],
  },
  (services) => async (c) => {
    if (!services.jobs)
      throw new WhylightError('not_found', 'This server has no jobs: bind JOBS, JOB_QUEUE and JOB_FILES.');
    const page = checkedQuery(c, schemas.jobsQuery);
    const { jobs: found, next } = await listJobs(services.jobs, c.get('tenant').id, page);
    c.header('Cache-Control', 'no-store');
    return c.json({ jobs: found.map((one) => jobView(one, (path) => linkTo(c, path))), ...(next && { next }) });
  },
);

/** Returns the state of a job. Jobs are created by `/explain`. */
export const job = defineRoute(
  {
    id: 'getJob',
    method: 'get',
    path: '/v2/jobs/{id}',
    tag: 'jobs',
    summary: 'Returns the state of a job.',
    access: 'explain',
    cost: 'none',
    responses: answer(schemas.job, 'The job.'),
    headers: ['Retry-After'],
  },
  (services) => async (c) => {
    const found = await requestedJob(c, services);
    c.header('Cache-Control', 'no-store');
    if (!hasEnded(found)) c.header('Retry-After', RETRY_AFTER_S);
    return c.json(jobView(found, (path) => linkTo(c, path)));
  },
);

/** Cancels or removes a job. */
export const deleteJob = defineRoute(
  {
    id: 'deleteJob',
    method: 'delete',
    path: '/v2/jobs/{id}',
    tag: 'jobs',
    summary: 'Cancels a job, or removes one that has ended, with its result.',
    access: 'explain',
    cost: 'none',
    responses: done,
  },
  (services) => async (c) => {
    const { tenant, id, ...found } = await requestedJob(c, services);
    if (hasEnded(found)) await services.jobs?.forget(tenant, id);
    else await services.jobs?.cancel(tenant, id);
    return c.body(null, 204);
  },
);

/** Returns the result of a job. */
export const jobResult = defineRoute(
  {
    id: 'getJobResult',
    method: 'get',
    path: '/v2/jobs/{id}/result',
    tag: 'jobs',
    summary: 'Returns the explanation as /explain would; parameters of the query decide how an image is drawn.',
    access: 'explain',
    cost: 'none',
    responses: negotiated('image/png', 'application/octet-stream'),
    problems: EXPLANATION_PROBLEMS,
    headers: ['Inference-Header-Content-Length', 'Retry-After'],
  },
  (services) => async (c) => {
    const found = await requestedJob(c, services);
    const type = negotiate(c.req.header('Accept'), offeredTo(c.get('tenant'), REPRESENTATIONS));
    c.header('Cache-Control', 'no-store');
    if (found.status === 'failed' && found.failure) throw failureError(found.failure);
    if (found.status !== 'succeeded' || found.result === undefined) {
      if (!hasEnded(found)) c.header('Retry-After', RETRY_AFTER_S);
      const message = `The job is ${found.status}: it has no result.`;
      throw new WhylightError('not_found', message, { status_of_job: found.status });
    }
    const stored = unpackResult(await services.jobs?.files.get(found.result));
    if (type === 'image/png') {
      const png = await drawResult(c, services, stored);
      return c.body(png as Uint8Array<ArrayBuffer>, 200, { 'Content-Type': type });
    }
    const { explanation, model, wanted } = stored;
    const { wire, key } = wanted;
    return inferenceResponse(
      c,
      {
        ...(wire?.id !== undefined && { id: wire.id }),
        modelName: model.name,
        modelVersion: model.version,
        parameters: explanationParameters(explanation, key),
        outputs: wantedOutputs(explanationOutputs(explanation), wire),
      },
      type === 'application/octet-stream' ? () => true : isBinary(wire),
    );
  },
);

/** Returns the tenant's webhook secret. */
export const webhook = defineRoute(
  {
    id: 'getWebhookSecret',
    method: 'get',
    path: '/v2/webhook',
    tag: 'jobs',
    summary: 'Returns the secret that webhooks are signed with.',
    access: 'admin',
    cost: 'none',
    responses: answer(
      z.object({
        secret: z.string(),
        older_secret: z.string().optional().describe('Secret that calls are signed with as well, for a time.'),
      }),
      'The secret.',
    ),
    problems: ['not_found'],
  },
  (services) => async (c) => {
    const { webhookSecret: secret, olderWebhookSecret: older } = services;
    if (!secret) throw new WhylightError('not_found', 'This server sends no webhooks.');
    c.header('Cache-Control', 'no-store');
    const { id } = c.get('tenant');
    return c.json({
      secret: await webhookSecret(secret, id),
      ...(older && { older_secret: await webhookSecret(older, id) }),
    });
  },
);
