import * as z from 'zod';
import { waitUntilOf } from '../http/env.ts';
import { Health } from '../observe/health.ts';
import { answer } from '../openapi/content.ts';
import { defineRoute } from '../openapi/route.ts';
import * as schemas from '../openapi/schemas.ts';
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
