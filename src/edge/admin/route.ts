/** Routes of the admin API: operators and tenants' administrators, without a run of a model. */
import type { Handler } from 'hono';
import type { EdgeEnv } from '../http/env.ts';
import { defineRoute, type Route, type RouteDescription } from '../openapi/route.ts';
import { adminOf, type TenantAdmin } from './tenants.ts';

const ADMIN = { tag: 'admin', access: 'admin', cost: 'none' } as const;

/** Defines a route of the admin API; its handler is made from the tenants' administration. */
export const defineAdminRoute = <const D extends Omit<RouteDescription, keyof typeof ADMIN>>(
  description: D,
  handler: (admin: TenantAdmin) => Handler<EdgeEnv>,
): Route<D & typeof ADMIN> => defineRoute({ ...description, ...ADMIN }, (services) => handler(adminOf(services)));
