import type { Context, MiddlewareHandler } from 'hono';
import { WhylightError } from '../../../core/errors.ts';
import type { Rates } from '../../tenants/rates.ts';
import { ANONYMOUS } from '../../tenants/tenant.ts';
import type { EdgeEnv } from '../env.ts';

/** Maximum number of wrong keys that an address may send in a minute. */
const GUESSES = 60;

/** Counts the requests of a tenant; those without a key are counted for each client address. */
export const limitRate = (rates: Rates | undefined): MiddlewareHandler<EdgeEnv> =>
  async function limitRate(c, next) {
    const { id, limits } = c.get('tenant');
    const rate = limits.requests_per_minute;
    if (rate !== undefined && rates) {
      const key = id === ANONYMOUS ? `${id} ${addressOf(c) ?? ''}` : id;
      const { success } = await rates[rate].limit({ key: `tenant ${key}` });
      if (!success) throw tooMany(c);
    }
    await next();
  };

/** Counts requests that were refused for their key. */
export async function limitGuesses(c: Context<EdgeEnv>, rates: Rates | undefined): Promise<void> {
  const address = addressOf(c);
  if (address === undefined || !rates) return;
  const { success } = await rates[GUESSES].limit({ key: `guess ${address}` });
  if (!success) throw tooMany(c);
}

/** Client address. Cloudflare overwrites this header, so a client cannot choose it. */
const addressOf = (c: Context): string | undefined => c.req.header('CF-Connecting-IP');

function tooMany(c: Context): WhylightError {
  c.header('Retry-After', '60');
  return new WhylightError('rate_limited', 'Too many requests within a minute: wait a minute and try again.');
}
