import { tenantPolicySchema } from '../../../config/tenant-policy.ts';
import { answer, done, jsonBody } from '../../openapi/content.ts';
import { defineRoute } from '../../openapi/route.ts';
import { actor, administers, operates } from '../access.ts';
import { expectedOf, revisionTag } from '../preconditions.ts';
import { bodyOf, tenantOf } from '../request.ts';
import * as schemas from '../schemas.ts';
import { adminOf } from '../tenants.ts';
import { logChange, tenantView } from '../views.ts';

/** Lists all tenants, for operators. */
export const listTenants = defineRoute(
  {
    method: 'get',
    path: '/admin/tenants',
    tag: 'admin',
    summary: 'Lists all tenants; for operators.',
    access: 'admin',
    cost: 'none',
    responses: answer(schemas.tenantList, 'All tenants.'),
  },
  (services) => {
    const admin = adminOf(services);
    return async (c) => {
      operates(c);
      return c.json({ tenants: await admin.list() }, 200);
    };
  },
);

/** Returns a tenant. */
export const getTenant = defineRoute(
  {
    method: 'get',
    path: '/admin/tenants/{tenant}',
    tag: 'admin',
    summary: 'Returns the policy and the keys of a tenant.',
    access: 'admin',
    cost: 'none',
    responses: answer(schemas.tenantView, 'The tenant.'),
    headers: ['ETag'],
  },
  (services) => {
    const admin = adminOf(services);
    return async (c) => {
      const id = tenantOf(c);
      administers(c, id);
      const tenant = await admin.get(id);
      c.header('ETag', revisionTag(tenant.record.revision));
      return c.json(tenantView(id, tenant), 200);
    };
  },
);

/** Replaces the policy of a tenant. */
export const putTenant = defineRoute(
  {
    method: 'put',
    path: '/admin/tenants/{tenant}',
    tag: 'admin',
    summary: 'Replaces the policy of a tenant; for operators.',
    description: 'Replaces the policy as a whole. An existing one is replaced with its ETag as If-Match.',
    access: 'admin',
    cost: 'none',
    request: { body: jsonBody(tenantPolicySchema) },
    responses: answer(schemas.tenantView, 'The tenant after the change.'),
    headers: ['ETag'],
  },
  (services) => {
    const admin = adminOf(services);
    return async (c) => {
      const id = tenantOf(c);
      const policy = await bodyOf(c, tenantPolicySchema);
      operates(c, id);
      const tenant = await admin.setPolicy(id, policy, expectedOf(c, true), actor(c));
      logChange(c, id, 'policy_set');
      c.header('ETag', revisionTag(tenant.record.revision));
      return c.json(tenantView(id, tenant), 200);
    };
  },
);

/** Removes the changes of the admin API to a tenant. */
export const deleteTenant = defineRoute(
  {
    method: 'delete',
    path: '/admin/tenants/{tenant}',
    tag: 'admin',
    summary: 'Removes the changes of this API to a tenant; for operators.',
    description: 'Removes policy and keys of this API: plugins.config.json applies again, if it has the tenant.',
    access: 'admin',
    cost: 'none',
    responses: done,
  },
  (services) => {
    const admin = adminOf(services);
    return async (c) => {
      const id = tenantOf(c);
      operates(c, id);
      await admin.reset(id, expectedOf(c, true), actor(c));
      logChange(c, id, 'reset');
      return c.body(null, 204);
    };
  },
);
