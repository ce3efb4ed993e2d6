/** Checks that every request passes, except those to open routes. */
import type { MiddlewareHandler } from 'hono';
import { every } from 'hono/combine';
import type { EdgeEnv } from '../env.ts';
import { authenticate, type Identities } from './authenticate.ts';
import { corsByTenant } from './cors.ts';
import { limitRate } from './limit-rate.ts';
import { singleParameters } from './single-parameters.ts';

export interface GuardOptions extends Identities {
  /** Value of `Access-Control-Expose-Headers`. */
  readonly exposed: string;
}

/** Identifies the caller, checks the origin of the page that asks, counts the request, and reads its query, in this order. */
export const guard = ({ exposed, ...identities }: GuardOptions): MiddlewareHandler<EdgeEnv> =>
  every(authenticate(identities), corsByTenant(exposed), limitRate(identities.rates), singleParameters);
