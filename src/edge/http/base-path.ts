/** Base path: the path that an embedded app is served under, such as `/explain`. */
import type { Context, MiddlewareHandler } from 'hono';
import { getPath } from 'hono/utils/url';
import { WhylightError } from '../../core/errors.ts';
import type { EdgeEnv } from './env.ts';

const BASE_PATH = /^(?:\/[A-Za-z0-9._~-]+)+$/;

/**
 * Checks a base path, and removes a slash at its end.
 * @returns the path, or an empty text for the root
 * @throws WhylightError `invalid_config`
 */
export function parseBasePath(path = ''): string {
  const trimmed = path.replace(/\/$/, '');
  if (trimmed === '' || BASE_PATH.test(trimmed)) return trimmed;
  throw new WhylightError(
    'invalid_config',
    `basePath is "${path}"; it must be a path such as "/explain", of letters, digits and . _ ~ - between slashes.`,
    { base_path: path },
  );
}

/**
 * Makes the `getPath` of Hono for a base path. A router in front may hand requests over with the base path (Workers,
 * Next.js) or without it (`app.use` of Express, `app.mount` of Hono); both give the same path.
 */
export function pathBelow(basePath: string): (request: Request) => string {
  return (request) => {
    const path = getPath(request);
    if (path === basePath) return '/';
    return path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : path;
  };
}

/** Sets the base path of the context. */
export const setBasePath = (basePath: string): MiddlewareHandler<EdgeEnv> =>
  async function setBasePath(c, next) {
    c.set('basePath', basePath);
    await next();
  };

/** Converts a path of this app to one on its server, for a `Location` or a link. */
export const linkTo = (c: Context<EdgeEnv>, path: string): string => `${c.get('basePath')}${path}`;
