import * as z from 'zod';
import { defineRoute } from '../openapi/route.ts';
import { handleMetrics } from './handlers/metrics.ts';

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
  handleMetrics,
);
