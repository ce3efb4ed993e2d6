import { answer } from '../../openapi/content.ts';
import { administers, seenBy } from '../access.ts';
import { tenantOf } from '../request.ts';
import { defineAdminRoute } from '../route.ts';
import * as schemas from '../schemas.ts';

/** Lists the changes of a tenant. */
export const audit = defineAdminRoute(
  {
    id: 'listChanges',
    method: 'get',
    path: '/admin/tenants/{tenant}/audit',
    summary: 'Lists the changes of a tenant, the latest first.',
    responses: answer(schemas.auditView, 'The changes.'),
  },
  (admin) => async (c) => {
    const id = tenantOf(c);
    administers(c, id);
    const entries = await admin.audit(id);
    return c.json({ entries: entries.map((entry) => seenBy(c, entry)) }, 200);
  },
);
