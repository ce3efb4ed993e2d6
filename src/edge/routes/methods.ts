import { z } from '@hono/zod-openapi';
import type { PluginEntry } from '../../core/method/registry.ts';
import { answer } from '../openapi/content.ts';
import { defineRoute } from '../openapi/route.ts';
import * as schemas from '../openapi/schemas.ts';
import { mayKnowMethod, mayUseMethod, methodFor, rulesFor } from '../tenants/rights.ts';
import type { Tenant } from '../tenants/tenant.ts';

/** Lists the saliency methods with their parameters. */
export const methods = defineRoute(
  {
    method: 'get',
    path: '/v2/methods',
    tag: 'explanations',
    summary: 'Lists the saliency methods.',
    access: 'key',
    cost: 'none',
    responses: answer(schemas.methods, 'The methods.'),
  },
  ({ explainer }) =>
    (c) => {
      const tenant = c.get('tenant');
      const known = explainer.methods.entries.filter((entry) => mayKnowMethod(tenant, entry));
      return c.json({ methods: known.map((entry) => describe(entry, tenant)) });
    },
);

/** Describes a saliency method. */
export const method = defineRoute(
  {
    method: 'get',
    path: '/v2/methods/{method}',
    tag: 'explanations',
    summary: 'Describes a method and its parameters.',
    access: 'key',
    cost: 'none',
    responses: answer(schemas.method, 'The method.'),
  },
  ({ explainer }) =>
    (c) => {
      const tenant = c.get('tenant');
      return c.json(describe(methodFor(tenant, c.req.param('method') ?? '', explainer.methods), tenant));
    },
);

function describe(entry: PluginEntry, tenant: Tenant) {
  const enabled = mayUseMethod(tenant, entry);
  const { id, strategy, revision, about, params, presets = {} } = entry.method;
  return {
    id,
    strategy,
    revision,
    ...(entry.build !== undefined && { build: entry.build }),
    ...about,
    enabled,
    /** JSON Schema. */
    parameters: z.toJSONSchema(params, { io: 'input' }),
    /** Parameters that `preset` sets, by library. */
    presets,
    /** Rules of the plugin's configuration and of the tenant. */
    ...(enabled && rulesFor(tenant, entry)),
  };
}
