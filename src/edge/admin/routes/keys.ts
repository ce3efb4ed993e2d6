import { done, json, jsonBody } from '../../openapi/content.ts';
import { defineRoute } from '../../openapi/route.ts';
import { actor, administers, refuseEverybody } from '../access.ts';
import { bodyOf, keyOf, tenantOf } from '../request.ts';
import * as schemas from '../schemas.ts';
import { adminOf } from '../tenants.ts';
import { inSeconds, keyView, logChange } from '../views.ts';

const created = (description: string) => ({ 201: { content: json(schemas.newKeyView), description } });

/** Creates a key of a tenant. */
export const createKey = defineRoute(
  {
    method: 'post',
    path: '/admin/tenants/{tenant}/keys',
    tag: 'admin',
    summary: 'Creates a key.',
    access: 'admin',
    cost: 'none',
    request: { body: jsonBody(schemas.keyRequest) },
    responses: created('The new key.'),
  },
  (services) => {
    const admin = adminOf(services);
    return async (c) => {
      const id = tenantOf(c);
      const { name, scopes, expires_in } = await bodyOf(c, schemas.keyRequest);
      administers(c, id);
      refuseEverybody(id);
      const wanted = {
        scopes,
        ...(name !== undefined && { name }),
        ...(expires_in !== undefined && { expires: inSeconds(expires_in) }),
      };
      const made = await admin.createKey(id, wanted, actor(c));
      logChange(c, id, 'key_created');
      return c.json({ ...keyView(made.key), key: made.secret }, 201);
    };
  },
);

/** Replaces a key by a new one with the same rights. */
export const rotateKey = defineRoute(
  {
    method: 'post',
    path: '/admin/tenants/{tenant}/keys/{key}/rotate',
    tag: 'admin',
    summary: 'Replaces a key by a new one with the same rights.',
    access: 'admin',
    cost: 'none',
    request: { body: jsonBody(schemas.rotateRequest) },
    responses: created('The key that replaces it.'),
  },
  (services) => {
    const admin = adminOf(services);
    return async (c) => {
      const { tenant: id, key } = keyOf(c);
      const { grace } = await bodyOf(c, schemas.rotateRequest);
      administers(c, id);
      const made = await admin.rotateKey(id, key, inSeconds(grace), actor(c));
      logChange(c, id, 'key_rotated');
      return c.json({ ...keyView(made.key), key: made.secret }, 201);
    };
  },
);

/** Revokes a key. */
export const revokeKey = defineRoute(
  {
    method: 'delete',
    path: '/admin/tenants/{tenant}/keys/{key}',
    tag: 'admin',
    summary: 'Revokes a key.',
    access: 'admin',
    cost: 'none',
    responses: done,
  },
  (services) => {
    const admin = adminOf(services);
    return async (c) => {
      const { tenant: id, key } = keyOf(c);
      administers(c, id);
      await admin.revokeKey(id, key, actor(c));
      logChange(c, id, 'key_revoked');
      return c.body(null, 204);
    };
  },
);
