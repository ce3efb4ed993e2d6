/** Submits a query as a background job. */
import type { Context } from 'hono';
import { WhylightError } from '../../core/errors.ts';
import type { EdgeEnv } from '../http/env.ts';
import type { Job } from '../jobs/job.ts';
import { submitJob } from '../jobs/submit.ts';
import { maxSamplesOf } from '../routing/route.ts';
import type { Services } from '../services.ts';
import { metricNames } from './metric-parameters.ts';
import type { ExplainQuery } from './query.ts';
import { tracedHeaders } from './traced-headers.ts';

/** @throws WhylightError `invalid_request` for a query with metrics; errors of `submitJob` */
export async function submitQuery(c: Context<EdgeEnv>, services: Services, query: ExplainQuery): Promise<Job> {
  const { jobs, webhookSecret } = services;
  if (!jobs) throw new WhylightError('internal', 'A request was deferred on a server without jobs.');
  const { model, settings, key, wire, image } = query;
  if (metricNames(settings.metrics).length > 0) throw notOfJobs('metrics', 'A job measures no metrics');
  if (settings.receipt) throw notOfJobs('receipt', 'The result of a job has no receipt');
  const tenant = c.get('tenant');
  const idempotencyKey = c.req.header('Idempotency-Key');
  const { request, params } = await query.plan();
  const notices = (await query.input.prepared())?.notices ?? [];
  return submitJob(jobs, tenant, {
    question: {
      model: { name: model.name, digest: model.digest },
      request: { ...request, params },
      maxSamples: maxSamplesOf(services, tenant),
    },
    version: model.version,
    trace: tracedHeaders(c),
    wanted: {
      key,
      overlay: settings.overlay,
      choseOverlay: settings.choseOverlay,
      ...(notices.length > 0 && { notices }),
    },
    canCallWebhooks: webhookSecret !== undefined,
    ...(wire && { wire }),
    ...(image && { image }),
    ...(settings.webhook !== undefined && { webhook: settings.webhook }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  });
}

const notOfJobs = (parameter: string, why: string): WhylightError =>
  new WhylightError('invalid_request', `${why}: leave out "${parameter}".`, {
    issues: [{ parameter, message: 'must be left out of a job' }],
  });
