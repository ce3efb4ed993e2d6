import { answer, jsonBody } from '../../openapi/content.ts';
import { defineRoute } from '../../openapi/route.ts';
import { eraseTenant } from '../../stores/erase.ts';
import { actor, administers } from '../access.ts';
import { bodyOf, tenantOf } from '../request.ts';
import * as schemas from '../schemas.ts';
import { adminOf } from '../tenants.ts';
import { logChange } from '../views.ts';

/** Erases the answers, jobs and uploaded models of a tenant. */
export const eraseTenantData = defineRoute(
  {
    id: 'eraseTenantData',
    tag: 'admin',
    access: 'admin',
    cost: 'none',
    method: 'post',
    path: '/admin/tenants/{tenant}/erase',
    summary: 'Erases the answers, jobs and uploaded models of a tenant.',
    description:
      'Erases one part, and answers with a cursor until nothing is left. Answers that an edge location still holds cannot be reached from the first part on. Policy, keys and audit log stay.',
    request: { body: jsonBody(schemas.eraseRequest, {}) },
    responses: answer(schemas.erasedView, 'The numbers of entries that were removed.'),
  },
  (services) => {
    const { ledger, jobs, ownedAnswers, models } = services;
    if (!ledger) return undefined;
    const admin = adminOf(services);
    const stores = {
      ...(jobs && { jobs }),
      ...(ownedAnswers && { answers: ownedAnswers }),
      ...(models.registry && { models: models.registry }),
    };
    return async (c) => {
      const id = tenantOf(c);
      const { cursor } = await bodyOf(c, schemas.eraseRequest);
      administers(c, id);
      if (cursor === undefined) {
        await admin.get(id);
        await admin.purge(id, undefined, actor(c));
        logChange(c, id, 'erased');
      }
      return c.json(await eraseTenant(stores, id, cursor), 200);
    };
  },
);
