import { answer } from '../../openapi/content.ts';
import { defineRoute } from '../../openapi/route.ts';
import { administers, seenBy } from '../access.ts';
import { tenantOf } from '../request.ts';
import * as schemas from '../schemas.ts';
import { adminOf } from '../tenants.ts';

/** Lists the changes of a tenant. */
export const audit = defineRoute(
  {
    method: 'get',
    path: '/admin/tenants/{tenant}/audit',
    tag: 'admin',
    summary: 'Lists the changes of a tenant, the latest first.',
    access: 'admin',
    cost: 'none',
    responses: answer(schemas.auditView, 'The changes.'),
  },
  (services) => {
    const admin = adminOf(services);
    return async (c) => {
      const id = tenantOf(c);
      administers(c, id);
      const entries = await admin.audit(id);
      return c.json({ entries: entries.map((entry) => seenBy(c, entry)) }, 200);
    };
  },
);
