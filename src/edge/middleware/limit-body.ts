import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { WhylightError } from '../../core/errors.ts';
import type { EdgeEnv } from '../services.ts';

/**
 * Refuses a body of more than `maxSize` bytes: at once where it says its length, otherwise as soon as that much has
 * arrived.
 */
export const limitBody = (maxSize: number): MiddlewareHandler<EdgeEnv> =>
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
