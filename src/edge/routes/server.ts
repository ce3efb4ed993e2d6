import { Hono } from 'hono';
import { type EdgeEnv, type Services, waitUntilOf } from '../services.ts';

export const SERVER = { name: 'whylight', version: '0.1.0' } as const;

/** What the server is, and whether it is well: open to everybody, as load balancers have no keys. */
export const serverRoutes = ({ models }: Services) =>
  new Hono<EdgeEnv>()
    .get('/v2', (c) => c.json({ ...SERVER, extensions: ['binary_tensor_data', 'explain'] }))
    .get('/v2/health/live', (c) => c.json({ live: true }))
    .get('/v2/health/ready', async (c) => {
      const ready = await models.ready(waitUntilOf(c));
      return c.json({ ready }, ready ? 200 : 503);
    });
