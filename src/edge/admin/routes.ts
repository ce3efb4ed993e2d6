/** `/admin`: tenants and their keys, changed without a deploy. */
import { createRoute, OpenAPIHono, type RouteConfig, type z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { type KeyConfig, tenantPolicySchema } from '../../config/tenant-policy.ts';
import { WhylightError } from '../../core/errors.ts';
import { guard } from '../http/middleware/guard.ts';
import { type Violation, violationsOf } from '../http/violations.ts';
import type { EdgeEnv, Services } from '../services.ts';
import { EVERYBODY } from '../tenants/record.ts';
import { keyId } from '../tenants/tenant.ts';
import { actor, administers, operates, refuseEverybody, seenBy } from './access.ts';
import { expectedOf, revisionTag } from './preconditions.ts';
import * as schemas from './schemas.ts';
import { type Administered, TenantAdmin } from './tenants.ts';

const MAX_BODY = 256 * 1024;

const json = <S extends z.ZodType>(schema: S) => ({ content: { 'application/json': { schema } } });
const body = <S extends z.ZodType>(schema: S) => ({ body: { ...json(schema), required: true } });
const answer = <S extends z.ZodType>(schema: S, description: string) => ({ ...json(schema), description });
const done = { description: 'Done.' };
const tenant = { params: schemas.tenantParams };
const key = { params: schemas.keyParams };

const route = <const R extends Omit<RouteConfig, 'tags'>>(config: R) => createRoute({ tags: ['admin'], ...config });

/** Routes of the admin API; none where tenants cannot be changed. */
export function adminRoutes(services: Services) {
  const app = new OpenAPIHono<EdgeEnv>({
    defaultHook(result) {
      if (!result.success)
        throw invalid(result.target === 'param' ? named(result.error) : violationsOf(result.error.issues));
    },
  });
  const { ledger, tenants, explainer } = services;
  if (!ledger) return app;
  const admin = new TenantAdmin(ledger, tenants.tenants, explainer.methods);

  app.use('/admin/*', guard(services), limitBody, async (c, next) => {
    c.header('Cache-Control', 'no-store');
    await next();
  });

  app.openapi(
    route({ method: 'get', path: '/admin/tenants', responses: { 200: answer(schemas.tenantList, 'All tenants.') } }),
    async (c) => {
      operates(c);
      return c.json({ tenants: await admin.list() }, 200);
    },
  );

  const path = '/admin/tenants/{tenant}';
  app.openapi(
    route({ method: 'get', path, request: tenant, responses: { 200: answer(schemas.tenantView, 'The tenant.') } }),
    async (c) => {
      const id = c.req.valid('param').tenant;
      administers(c, id);
      return c.json(view(c, id, await admin.get(id)), 200);
    },
  );
  app.openapi(
    route({
      method: 'put',
      path,
      description: 'Replaces the policy as a whole. One that exists is replaced with its ETag as If-Match.',
      request: { ...tenant, ...body(tenantPolicySchema) },
      responses: { 200: answer(schemas.tenantView, 'The tenant as it is now.') },
    }),
    async (c) => {
      const id = c.req.valid('param').tenant;
      operates(c, id);
      const after = await admin.setPolicy(id, c.req.valid('json'), expectedOf(c, true), actor(c));
      tell(c, id, 'policy_set');
      return c.json(view(c, id, after), 200);
    },
  );
  app.openapi(
    route({
      method: 'delete',
      path,
      description:
        'Forgets what this API has changed, keys too: plugins.config.json holds again, if it has the tenant.',
      request: tenant,
      responses: { 204: done },
    }),
    async (c) => {
      const id = c.req.valid('param').tenant;
      operates(c, id);
      await admin.reset(id, expectedOf(c, true), actor(c));
      tell(c, id, 'reset');
      return c.body(null, 204);
    },
  );

  app.openapi(
    route({
      method: 'post',
      path: `${path}/keys`,
      request: { ...tenant, ...body(schemas.keyRequest) },
      responses: { 201: answer(schemas.newKeyView, 'A new key.') },
    }),
    async (c) => {
      const id = c.req.valid('param').tenant;
      administers(c, id);
      refuseEverybody(id);
      const { name, scopes, expires_in } = c.req.valid('json');
      const wanted = {
        scopes,
        ...(name !== undefined && { name }),
        ...(expires_in !== undefined && { expires: inSeconds(expires_in) }),
      };
      const made = await admin.createKey(id, wanted, actor(c));
      tell(c, id, 'key_created');
      return c.json({ ...viewKey(made.key), key: made.secret }, 201);
    },
  );
  app.openapi(
    route({
      method: 'post',
      path: `${path}/keys/{key}/rotate`,
      request: { ...key, ...body(schemas.rotateRequest) },
      responses: { 201: answer(schemas.newKeyView, 'The key that takes its place.') },
    }),
    async (c) => {
      const { tenant: id, key } = c.req.valid('param');
      administers(c, id);
      const made = await admin.rotateKey(id, key, inSeconds(c.req.valid('json').grace), actor(c));
      tell(c, id, 'key_rotated');
      return c.json({ ...viewKey(made.key), key: made.secret }, 201);
    },
  );
  app.openapi(
    route({ method: 'delete', path: `${path}/keys/{key}`, request: key, responses: { 204: done } }),
    async (c) => {
      const { tenant: id, key } = c.req.valid('param');
      administers(c, id);
      await admin.revokeKey(id, key, actor(c));
      tell(c, id, 'key_revoked');
      return c.body(null, 204);
    },
  );

  app.openapi(
    route({
      method: 'get',
      path: `${path}/audit`,
      request: tenant,
      responses: { 200: answer(schemas.auditView, 'What was changed, the latest first.') },
    }),
    async (c) => {
      const id = c.req.valid('param').tenant;
      administers(c, id);
      const entries = await admin.audit(id);
      return c.json({ entries: entries.map((entry) => seenBy(c, entry)) }, 200);
    },
  );
  app.openapi(
    route({
      method: 'post',
      path: `${path}/purge`,
      request: { ...tenant, ...body(schemas.purgeRequest) },
      responses: { 200: answer(schemas.purgeView, "The tenant's answers, or those of one model, are forgotten.") },
    }),
    async (c) => {
      const id = c.req.valid('param').tenant;
      administers(c, id);
      const { config } = await admin.get(id);
      if (config.cache.isolation === 'shared') {
        throw new WhylightError(
          'conflict',
          'The answers are shared with others: only an operator can purge them, for all.',
        );
      }
      return c.json(await purge(c, admin, id, c.req.valid('json').model), 200);
    },
  );
  app.openapi(
    route({
      method: 'post',
      path: '/admin/purge',
      request: body(schemas.purgeRequest),
      responses: { 200: answer(schemas.purgeView, "Everybody's answers, or those of one model, are forgotten.") },
    }),
    async (c) => {
      operates(c);
      return c.json(await purge(c, admin, EVERYBODY, c.req.valid('json').model), 200);
    },
  );
  return app;
}

async function purge(c: Context<EdgeEnv>, admin: TenantAdmin, id: string, model: string | undefined) {
  const generation = await admin.purge(id, model, actor(c));
  tell(c, id, 'purged');
  return { tenant: id === EVERYBODY ? '*' : id, ...(model !== undefined && { model }), generation };
}

function view(c: Context, id: string, { record, config }: Administered) {
  const { keys, operator, ...policy } = config;
  c.header('ETag', revisionTag(record.revision));
  const source = record.policy ? ('override' as const) : ('file' as const);
  return { id, source, revision: record.revision, operator, policy, keys: keys.map(viewKey) };
}

function viewKey(key: KeyConfig) {
  const { sha256: _, ...known } = key;
  return { id: keyId(key), ...known };
}

/** The log has it as well: the ledger forgets the oldest. */
function tell(c: Context<EdgeEnv>, tenant: string, change: string): void {
  c.get('log')('info', 'a tenant was changed', { tenant, change, by: actor(c), request_id: c.get('requestId') });
}

const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString();

const limitBody = bodyLimit({
  maxSize: MAX_BODY,
  onError: () => {
    throw new WhylightError('payload_too_large', `The body has more than ${MAX_BODY} bytes.`, { max_bytes: MAX_BODY });
  },
});

/** Mistakes in the path. */
const named = ({ issues }: z.core.$ZodError): Violation[] =>
  issues.map(({ path, message }) => ({ detail: message, parameter: path.join('.') }));

function invalid(errors: readonly Violation[]): WhylightError {
  const text = errors.map(({ detail, pointer, parameter }) => `${pointer ?? parameter}: ${detail}`).join(' ');
  return new WhylightError('invalid_request', text, { errors });
}
