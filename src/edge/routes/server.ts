import { Hono } from 'hono';
import { Health } from '../observe/health.ts';
import { type EdgeEnv, type Services, waitUntilOf } from '../services.ts';

export const SERVER = { name: 'whylight', version: '0.1.0' } as const;

/** What the server is, and whether it is well: open to everybody, as load balancers have no keys. */
export const serverRoutes = (services: Services) => {
  const health = new Health(services);
  const { metrics, accepting = () => true } = services;
  const routes = new Hono<EdgeEnv>()
    .get('/v2', (c) => c.json({ ...SERVER, extensions: ['binary_tensor_data', 'explain'] }))
    .get('/v2/health/live', (c) => c.json({ live: true }))
    .get('/v2/health/ready', async (c) => {
      if (!accepting()) return c.json({ ready: false, checks: { accepting: 'failed' } }, 503);
      const report = await health.report(waitUntilOf(c));
      return c.json(report, report.ready ? 200 : 503);
    });
  if (metrics?.text) {
    const text = metrics.text.bind(metrics);
    routes.get('/metrics', (c) => {
      const { body, type } = text();
      return c.body(body, 200, { 'Content-Type': type });
    });
  }
  return routes;
};
