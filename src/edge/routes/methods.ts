import { Hono } from 'hono';
import { z } from 'zod';
import type { PluginEntry } from '../../core/method/registry.ts';
import type { EdgeEnv, Services } from '../services.ts';
import { mayKnowMethod, mayUseMethod, methodFor, rulesFor, type Tenant } from '../tenants/tenant.ts';

/** Which saliency methods are built in, and their parameters. */
export const methodRoutes = ({ explainer: { methods } }: Services) =>
  new Hono<EdgeEnv>()
    .get('/v2/methods', (c) =>
      c.json({
        methods: methods.entries
          .filter((entry) => mayKnowMethod(c.get('tenant'), entry))
          .map((entry) => describe(entry, c.get('tenant'))),
      }),
    )
    .get('/v2/methods/:method', (c) =>
      c.json(describe(methodFor(c.get('tenant'), c.req.param('method'), methods), c.get('tenant'))),
    );

function describe(entry: PluginEntry, tenant: Tenant) {
  const { method } = entry;
  const enabled = mayUseMethod(tenant, entry);
  const { id, strategy, revision, about, params, presets = {} } = method;
  return {
    id,
    strategy,
    revision,
    ...about,
    enabled,
    /** JSON Schema. */
    parameters: z.toJSONSchema(params, { io: 'input' }),
    /** By library: what `preset` sets. */
    presets,
    /** What the plugin's configuration and the tenant's make of them. */
    ...(enabled && rulesFor(tenant, entry)),
  };
}
