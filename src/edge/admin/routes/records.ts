/** Stored records of tenants, for backups. */

import type { Context } from 'hono';
import * as z from 'zod';
import { TENANT_ID } from '../../../config/tenant-policy.ts';
import { WhylightError } from '../../../core/errors.ts';
import type { EdgeEnv } from '../../http/env.ts';
import { answer, jsonBody } from '../../openapi/content.ts';
import { EMPTY_RECORD, EVERYBODY, recordSchema } from '../../tenants/record.ts';
import { actor, operates } from '../access.ts';
import { bodyOf } from '../request.ts';
import { defineAdminRoute } from '../route.ts';
import * as schemas from '../schemas.ts';
import { logChange } from '../views.ts';

/** Maximum number of records in one answer: each is read from an object of its own. */
const PAGE = 100;

/** Returns what the admin API has changed, tenant by tenant. */
export const listRecords = defineAdminRoute(
  {
    id: 'listRecords',
    method: 'get',
    path: '/admin/records',
    summary: 'Returns the stored changes of tenants, for a backup; for operators.',
    description: 'Policies, digests of keys, revoked keys and purge counters. The record ":all" counts purges of all.',
    request: { query: schemas.recordsQuery },
    responses: answer(schemas.records, 'Records by tenant, in the order of their names.'),
  },
  (admin) => async (c) => {
    operates(c);
    const records = await admin.records(c.req.query('after') ?? '', PAGE);
    const ids = Object.keys(records);
    return c.json({ records, ...(ids.length === PAGE && { next: ids.at(-1) }) }, 200);
  },
);

/** Restores the record of a tenant. */
export const restoreRecord = defineAdminRoute(
  {
    id: 'restoreRecord',
    method: 'put',
    path: '/admin/records/{tenant}',
    summary: 'Restores the stored changes of a tenant from a backup; for operators.',
    description: 'Replaces policy and keys as a whole, raises purge counters, and changes nothing the second time.',
    request: { body: jsonBody(schemas.tenantRecord, EMPTY_RECORD) },
    responses: answer(z.object({ tenant: z.string(), changed: z.boolean() }), 'The record is as in the backup.'),
  },
  (admin) => async (c) => {
    const id = recordIdOf(c);
    const backup = await bodyOf(c, recordSchema);
    operates(c);
    const changed = await admin.restore(id, backup, actor(c));
    if (changed) logChange(c, id, 'restored');
    return c.json({ tenant: id, changed }, 200);
  },
);

/** @throws WhylightError `invalid_request` */
function recordIdOf(c: Context<EdgeEnv>): string {
  const id = c.req.param('tenant') ?? '';
  if (id === EVERYBODY || TENANT_ID.test(id)) return id;
  throw new WhylightError('invalid_request', `There is no record of this name: use that of a tenant, or ${EVERYBODY}.`);
}
