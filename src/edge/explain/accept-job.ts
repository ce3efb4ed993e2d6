/** Answer to a request that becomes a job. */
import type { Context } from 'hono';
import { linkTo } from '../http/base-path.ts';
import type { EdgeEnv } from '../http/env.ts';
import { prefersAsync } from '../http/prefer.ts';
import { jobPath, jobView } from '../jobs/view.ts';
import type { Services } from '../services.ts';
import { setHeaders } from './headers.ts';
import type { ExplainQuery } from './query.ts';
import { submitQuery } from './submit-query.ts';

/**
 * Submits the query as a job, and answers 202 with its path (RFC 9110, 15.3.3).
 * @param why reason of the route
 * @throws WhylightError errors of `submitQuery`
 */
export async function acceptJob(
  c: Context<EdgeEnv>,
  services: Services,
  query: ExplainQuery,
  why: string,
): Promise<Response> {
  const job = await submitQuery(c, services, query);
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
