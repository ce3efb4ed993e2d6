/** What every request passes that is not open to everybody. */
import type { MiddlewareHandler } from 'hono';
import { every } from 'hono/combine';
import type { EdgeEnv, Services } from '../../services.ts';
import { authenticate } from './authenticate.ts';
import { corsByTenant } from './cors.ts';
import { limitRate } from './limit-rate.ts';
import { requireScope } from './scopes.ts';

/** In this order: who is it, may this page ask, not too often, and for this. */
export const guard = ({ tenants, rates }: Services): MiddlewareHandler<EdgeEnv> =>
  every(authenticate(tenants, rates), corsByTenant, limitRate(rates), requireScope);
