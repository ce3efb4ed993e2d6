import type { Context } from 'hono';
import * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';
import { waitUntilOf } from '../http/env.ts';
import { bearerOf } from '../http/middleware/authenticate.ts';
import { Health } from '../observe/health.ts';
import { answer } from '../openapi/content.ts';
import { defineRoute } from '../openapi/route.ts';
import * as schemas from '../openapi/schemas.ts';
import { keyDigest, sameDigest } from '../tenants/api-key.ts';
import { SERVER } from '../version.ts';

/** Cache key that no answer can have. */
const NO_ANSWER = 'health';

/** Describes the server. */
export const server = defineRoute(
  {
    id: 'getServer',
    method: 'get',
    path: '/v2',
    tag: 'server',
    summary: 'Returns name, version and extensions of the server.',
    access: 'open',
    cost: 'none',
    responses: answer(schemas.server, 'The server.'),
  },
  () => (c) => c.json({ ...SERVER, extensions: ['binary_tensor_data', 'explain'] }),
);

/** Reports that the server runs. */
export const live = defineRoute(
  {
    id: 'checkLive',
    method: 'get',
    path: '/v2/health/live',
    tag: 'server',
    summary: 'Reports that the server runs.',
    access: 'open',
    cost: 'none',
    responses: answer(z.object({ live: z.boolean() }), 'The server runs.'),
  },
  () => (c) => c.json({ live: true }),
);

/** Reports whether the server can take requests, with the state of each part. Open, since load balancers have no keys. */
export const ready = defineRoute(
  {
    id: 'checkReady',
    method: 'get',
    path: '/v2/health/ready',
    tag: 'server',
    summary: 'Reports whether the server can take requests, with the state of each part.',
    access: 'open',
    cost: 'none',
    responses: {
      ...answer(schemas.health, 'The server is ready.'),
      503: { ...answer(schemas.health, 'The server is not ready.')[200] },
    },
  },
  ({ models, explainer, cache, log, accepting = () => true }) => {
    const health = new Health(
      {
        models: { required: true, check: (waitUntil) => models.check(waitUntil) },
        engine: {
          required: true,
          check: async () => (await import('../../core/engine/self-test.ts')).testEngine(explainer.engine),
        },
        cache: { required: false, check: async (waitUntil) => cache.get(NO_ANSWER, { seconds: 60, waitUntil }) },
      },
      log,
    );
    return async (c) => {
      if (!accepting()) return c.json({ ready: false, checks: { accepting: 'failed' } }, 503);
      const report = await health.report(waitUntilOf(c));
      return c.json(report, report.ready ? 200 : 503);
    };
  },
);

/** Returns metrics in the text format of Prometheus, on servers that hold them in memory. */
export const metrics = defineRoute(
  {
    id: 'getMetrics',
    method: 'get',
    path: '/metrics',
    tag: 'server',
    summary: 'Returns metrics in the text format of Prometheus.',
    access: 'open',
    cost: 'none',
    responses: { 200: { description: 'The metrics.', content: { 'text/plain': { schema: z.string() } } } },
    internal: true,
  },
  ({ metrics, metricsKey }) => {
    if (!metrics?.text) return undefined;
    const text = metrics.text.bind(metrics);
    return async (c) => {
      if (metricsKey !== undefined) await checkKey(c, metricsKey);
      const { body, type } = text();
      return c.body(body, 200, { 'Content-Type': type });
    };
  },
);

/** @throws WhylightError `unauthorized` for a request without the key */
async function checkKey(c: Context, key: string): Promise<void> {
  const given = bearerOf(c.req.header('Authorization')) ?? '';
  if (sameDigest(await keyDigest(given), await keyDigest(key))) return;
  throw new WhylightError('unauthorized', 'Metrics need the key of this server: send it as a bearer token.');
}
