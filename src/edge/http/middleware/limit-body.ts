import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { WhylightError } from '../../../core/errors.ts';
import type { Limits } from '../../limits.ts';
import { limitsFor } from '../../tenants/tenant.ts';
import { arrivingStream } from '../arriving.ts';
import type { EdgeEnv } from '../env.ts';

/**
 * Refuses a body of more bytes than the server and the tenant allow: at once where its length is declared, otherwise as
 * soon as that many have arrived. Uploads of models, which are PUT, have a limit of their own.
 */
export const limitBody = (server: Limits): MiddlewareHandler<EdgeEnv> =>
  async function limitBody(c, next) {
    if (c.req.method !== 'POST') return next();
    return refuseAbove(limitsFor(c.get('tenant'), server).maxBody)(c, next);
  };

/** Refuses a body of more than `maxSize` bytes. */
export function refuseAbove(maxSize: number): MiddlewareHandler<EdgeEnv> {
  const limited = bodyLimit({
    maxSize,
    onError: () => {
      throw new WhylightError(
        'payload_too_large',
        `The body has more than the ${maxSize} bytes that are allowed here. Send a smaller image or fewer rows.`,
        { max_bytes: maxSize },
      );
    },
  });
  return async function refuseAbove(c, next) {
    const { raw } = c.req;
    // Only a body without a declared length is read by the limit itself.
    if (raw.body && (!raw.headers.has('Content-Length') || raw.headers.has('Transfer-Encoding'))) {
      c.req.raw = new Request(raw, { body: arrivingStream(raw.body), duplex: 'half' } as RequestInit);
    }
    return limited(c, next);
  };
}
