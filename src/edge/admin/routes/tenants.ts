import type { Context } from 'hono';
import { tenantPolicySchema } from '../../../config/tenant-policy.ts';
import type { EdgeEnv } from '../../http/env.ts';
import { answer, done, json, jsonBody } from '../../openapi/content.ts';
import { actor, administers, operates } from '../access.ts';
import { expectedOf, revisionTag } from '../preconditions.ts';
import { bodyOf, tenantOf } from '../request.ts';
import { defineAdminRoute } from '../route.ts';
import * as schemas from '../schemas.ts';
import type { Administered } from '../tenants.ts';
import { logChange, tenantView } from '../views.ts';

/** Lists all tenants, for operators. */
export const listTenants = defineAdminRoute(
  {
    id: 'listTenants',
    method: 'get',
    path: '/admin/tenants',
    summary: 'Lists all tenants; for operators.',
    responses: answer(schemas.tenantList, 'All tenants.'),
  },
  (admin) => async (c) => {
    operates(c);
    return c.json({ tenants: await admin.list() }, 200);
  },
);

/** Returns a tenant. */
export const getTenant = defineAdminRoute(
  {
    id: 'getTenant',
    method: 'get',
    path: '/admin/tenants/{tenant}',
    summary: 'Returns the policy and the keys of a tenant.',
    responses: answer(schemas.tenantView, 'The tenant.'),
    headers: ['ETag'],
  },
  (admin) => async (c) => {
    const id = tenantOf(c);
    administers(c, id);
    const tenant = await admin.get(id);
    return shown(c, id, tenant);
  },
);

/** Replaces the policy of a tenant. */
export const putTenant = defineAdminRoute(
  {
    id: 'putTenant',
    method: 'put',
    path: '/admin/tenants/{tenant}',
    summary: 'Replaces the policy of a tenant; for operators.',
    description: 'Replaces the policy as a whole. An existing one is replaced with its ETag as If-Match.',
    request: { body: jsonBody(schemas.tenantPolicy, { description: 'Acme', methods: ['saliency', 'grad_cam'] }) },
    requestHeaders: ['If-Match', 'If-None-Match'],
    problems: ['precondition_failed'],
    responses: {
      ...answer(schemas.tenantView, 'The tenant after the change.'),
      201: { description: 'The tenant, which is new.', content: json(schemas.tenantView) },
    },
    headers: ['ETag'],
  },
  (admin) => async (c) => {
    const id = tenantOf(c);
    const policy = await bodyOf(c, tenantPolicySchema);
    operates(c, id);
    const expected = expectedOf(c, true);
    const tenant = await admin.setPolicy(id, policy, expected, actor(c));
    logChange(c, id, 'policy_set');
    // Without If-Match an existing tenant is refused.
    return shown(c, id, tenant, expected.match === undefined ? 201 : 200);
  },
);

/** Removes the changes of the admin API to a tenant. */
export const deleteTenant = defineAdminRoute(
  {
    id: 'deleteTenant',
    method: 'delete',
    path: '/admin/tenants/{tenant}',
    summary: 'Removes the changes of this API to a tenant; for operators.',
    description: 'Removes policy and keys of this API: plugins.config.json applies again, if it has the tenant.',
    requestHeaders: ['If-Match'],
    problems: ['precondition_failed'],
    responses: done,
  },
  (admin) => async (c) => {
    const id = tenantOf(c);
    operates(c, id);
    await admin.reset(id, expectedOf(c, true), actor(c));
    logChange(c, id, 'reset');
    return c.body(null, 204);
  },
);

function shown(c: Context<EdgeEnv>, id: string, tenant: Administered, status: 200 | 201 = 200) {
  c.header('ETag', revisionTag(tenant.record.revision));
  return c.json(tenantView(id, tenant), status);
}
