import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { WhylightError } from '../../../core/errors.ts';
import type { EdgeEnv, Limits } from '../../services.ts';
import { limitsFor } from '../../tenants/tenant.ts';

/**
 * Refuses a body of more bytes than the server and the tenant allow: at once where it says its length, otherwise as soon
 * as that much has arrived. Uploads of models, which are PUT, have a limit of their own.
 */
export const limitBody = (server: Limits): MiddlewareHandler<EdgeEnv> =>
  async function limitBody(c, next) {
    if (c.req.method !== 'POST') return next();
    return refuseAbove(limitsFor(c.get('tenant'), server).maxBody)(c, next);
  };

/** The same with a fixed limit. */
export const refuseAbove = (maxSize: number): MiddlewareHandler<EdgeEnv> =>
  bodyLimit({
    maxSize,
    onError: () => {
      throw new WhylightError(
        'payload_too_large',
        `The body has more than the ${maxSize} bytes that are allowed here. Send a smaller picture or fewer rows.`,
        { max_bytes: maxSize },
      );
    },
  });
