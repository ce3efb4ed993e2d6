import type { Context } from 'hono';
import { WhylightError } from '../../../core/errors.ts';
import type { EdgeEnv } from '../../http/env.ts';
import { answer, jsonBody } from '../../openapi/content.ts';
import { EVERYBODY } from '../../tenants/record.ts';
import { actor, administers, operates } from '../access.ts';
import { bodyOf, tenantOf } from '../request.ts';
import { defineAdminRoute } from '../route.ts';
import * as schemas from '../schemas.ts';
import type { TenantAdmin } from '../tenants.ts';
import { logChange } from '../views.ts';

const PURGE = {
  request: { body: jsonBody(schemas.purgeRequest, { model: 'cifar10' }) },
  responses: answer(schemas.purgeView, 'The answers are purged.'),
  problems: ['conflict'],
} as const;

/** Purges the cached answers of a tenant. */
export const purgeTenant = defineAdminRoute(
  {
    id: 'purgeTenant',
    method: 'post',
    path: '/admin/tenants/{tenant}/purge',
    summary: 'Purges the cached answers of a tenant, or those of one model.',
    ...PURGE,
  },
  (admin) => async (c) => {
    const id = tenantOf(c);
    const { model } = await bodyOf(c, schemas.purgeRequest);
    administers(c, id);
    const { config } = await admin.get(id);
    if (config.cache.isolation === 'shared') {
      throw new WhylightError(
        'conflict',
        'The answers are shared with other tenants: only an operator can purge them, for all.',
      );
    }
    return c.json(await purge(c, admin, id, model), 200);
  },
);

/** Purges the cached answers of all tenants. */
export const purgeAll = defineAdminRoute(
  {
    id: 'purgeAll',
    method: 'post',
    path: '/admin/purge',
    summary: 'Purges the cached answers of all tenants, or those of one model; for operators.',
    ...PURGE,
  },
  (admin) => async (c) => {
    const { model } = await bodyOf(c, schemas.purgeRequest);
    operates(c);
    return c.json(await purge(c, admin, EVERYBODY, model), 200);
  },
);

async function purge(c: Context<EdgeEnv>, admin: TenantAdmin, id: string, model: string | undefined) {
  const generation = await admin.purge(id, model, actor(c));
  logChange(c, id, 'purged');
  return { tenant: id === EVERYBODY ? '*' : id, ...(model !== undefined && { model }), generation };
}
