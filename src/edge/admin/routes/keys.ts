import type { Context } from 'hono';
import type { EdgeEnv } from '../../http/env.ts';
import { done, json, jsonBody } from '../../openapi/content.ts';
import { actor, administers, refuseEverybody } from '../access.ts';
import { bodyOf, keyOf, tenantOf } from '../request.ts';
import { defineAdminRoute } from '../route.ts';
import * as schemas from '../schemas.ts';
import type { MadeKey } from '../tenants.ts';
import { inSeconds, keyView, logChange } from '../views.ts';

const created = (description: string) => ({ 201: { content: json(schemas.newKeyView), description } });

/** Creates a key of a tenant. */
export const createKey = defineAdminRoute(
  {
    id: 'createKey',
    method: 'post',
    path: '/admin/tenants/{tenant}/keys',
    summary: 'Creates a key.',
    request: { body: jsonBody(schemas.keyRequest, { name: 'mobile app', scopes: ['explain'] }) },
    responses: created('The new key.'),
  },
  (admin) => async (c) => {
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
    return newKey(c, id, 'key_created', made);
  },
);

/** Replaces a key by a new one with the same rights. */
export const rotateKey = defineAdminRoute(
  {
    id: 'rotateKey',
    method: 'post',
    path: '/admin/tenants/{tenant}/keys/{key}/rotate',
    summary: 'Replaces a key by a new one with the same rights.',
    request: { body: jsonBody(schemas.rotateRequest, { grace: 3600 }) },
    responses: created('The key that replaces it.'),
  },
  (admin) => async (c) => {
    const { tenant: id, key } = keyOf(c);
    const { grace } = await bodyOf(c, schemas.rotateRequest);
    administers(c, id);
    const made = await admin.rotateKey(id, key, inSeconds(grace), actor(c));
    return newKey(c, id, 'key_rotated', made);
  },
);

/** Revokes a key. */
export const revokeKey = defineAdminRoute(
  {
    id: 'revokeKey',
    method: 'delete',
    path: '/admin/tenants/{tenant}/keys/{key}',
    summary: 'Revokes a key.',
    responses: done,
  },
  (admin) => async (c) => {
    const { tenant: id, key } = keyOf(c);
    administers(c, id);
    await admin.revokeKey(id, key, actor(c));
    logChange(c, id, 'key_revoked');
    return c.body(null, 204);
  },
);

/** Answers with a key and its secret, which is shown this once. */
function newKey(c: Context<EdgeEnv>, id: string, change: string, made: MadeKey) {
  logChange(c, id, change);
  return c.json({ ...keyView(made.key), key: made.secret }, 201);
}
