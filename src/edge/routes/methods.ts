import { Hono } from 'hono';
import { z } from 'zod';
import type { PluginEntry } from '../../core/method/registry.ts';
import type { EdgeEnv, Services } from '../services.ts';
import { mayUseMethod, methodFor } from '../tenants/tenant.ts';

/** Which saliency methods are built in, and their parameters. */
export const methodRoutes = ({ explainer: { methods } }: Services) =>
  new Hono<EdgeEnv>()
    .get('/v2/methods', (c) =>
      c.json({
        methods: methods.entries.map((entry) => describe(entry, mayUseMethod(c.get('tenant'), entry.method.id))),
      }),
    )
    .get('/v2/methods/:method', (c) =>
      c.json(describe(methodFor(c.get('tenant'), c.req.param('method'), methods), true)),
    );

function describe({ method, defaults, limits }: PluginEntry, enabled: boolean) {
  const { id, strategy, revision, about, params } = method;
  return {
    id,
    strategy,
    revision,
    ...about,
    enabled,
    /** JSON Schema. */
    parameters: z.toJSONSchema(params, { io: 'input' }),
    ...(defaults && { defaults }),
    ...(limits && { limits }),
  };
}
