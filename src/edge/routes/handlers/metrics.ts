/** Handler of the route `metrics`. */
import type { Context } from 'hono';
import { WhylightError } from '../../../core/errors.ts';
import { bearerOf } from '../../http/middleware/authenticate.ts';
import type { Route } from '../../openapi/route.ts';
import { keyDigest, sameDigest } from '../../tenants/api-key.ts';

/** Answers with the metrics; no handler on a server that does not hold them as text. */
export const handleMetrics: Route['handler'] = ({ metrics, metricsKey }) => {
  if (!metrics?.text) return undefined;
  const text = metrics.text.bind(metrics);
  return async (c) => {
    if (metricsKey !== undefined) await checkKey(c, metricsKey);
    const { body, type } = text();
    return c.body(body, 200, { 'Content-Type': type });
  };
};

/** @throws WhylightError `unauthorized` for a request without the key */
async function checkKey(c: Context, key: string): Promise<void> {
  const given = bearerOf(c.req.header('Authorization')) ?? '';
  if (sameDigest(await keyDigest(given), await keyDigest(key))) return;
  throw new WhylightError('unauthorized', 'Metrics need the key of this server: send it as a bearer token.');
}
