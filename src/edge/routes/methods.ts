import { answered } from '../../core/method/answered.ts';
import type { PluginEntry } from '../../core/method/registry.ts';
import type { methodMetadata } from '../../protocol/method-metadata.ts';
import { requestedModel } from '../models/requested-model.ts';
import { taggedAnswer } from '../openapi/content.ts';
import { defineRoute } from '../openapi/route.ts';
import * as schemas from '../openapi/schemas.ts';
import { mayKnowMethod, mayUseMethod, methodFor, rulesFor } from '../tenants/rights.ts';
import type { Tenant } from '../tenants/tenant.ts';

/** Lists the saliency methods with their parameters. */
export const methods = defineRoute(
  {
    id: 'listMethods',
    method: 'get',
    path: '/v2/methods',
    tag: 'explanations',
    summary: 'Lists the saliency methods.',
    access: 'key',
    cost: 'none',
    request: { query: schemas.methodsQuery },
    ...taggedAnswer(schemas.methods, 'The methods.'),
    problems: ['model_not_found', 'model_damaged', 'invalid_model'],
  },
  ({ explainer, models }) =>
    async (c) => {
      const tenant = c.get('tenant');
      const { methodMetadata, suitability } = await metadata();
      const name = c.req.query('model');
      const served = name === undefined ? undefined : await requestedModel(c, models, { model: name });
      const on = (entry: PluginEntry) => served && suitability(explainer.methods, entry, served.model);
      const listed = await answered(() => {
        const known = explainer.methods.entries.filter((entry) => mayKnowMethod(tenant, entry));
        return known.map((entry) => ({ ...describe(entry, tenant, methodMetadata), ...on(entry) }));
      });
      return c.json({ methods: listed });
    },
);

/** Describes a saliency method. */
export const method = defineRoute(
  {
    id: 'getMethod',
    method: 'get',
    path: '/v2/methods/{method}',
    tag: 'explanations',
    summary: 'Describes a method and its parameters.',
    access: 'key',
    cost: 'none',
    ...taggedAnswer(schemas.method, 'The method.'),
    problems: ['method_not_found', 'method_not_enabled'],
  },
  ({ explainer }) =>
    async (c) => {
      const tenant = c.get('tenant');
      const entry = await answered(() => methodFor(tenant, c.req.param('method') ?? '', explainer.methods));
      return c.json(describe(entry, tenant, (await metadata()).methodMetadata));
    },
);

/** Loads what describes methods: it tries their derivatives on models. */
const metadata = () => import('../../protocol/method-metadata.ts');

function describe(entry: PluginEntry, tenant: Tenant, metadataOf: typeof methodMetadata) {
  const enabled = mayUseMethod(tenant, entry);
  const rules = enabled ? rulesFor(tenant, entry) : {};
  return {
    ...metadataOf(entry, rules),
    enabled,
    /** Rules of the plugin's configuration and of the tenant. */
    ...rules,
  };
}
