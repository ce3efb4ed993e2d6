import { describe, expect, it } from 'vitest';
import { adminRoutes } from '../../../src/edge/admin/routes/index.ts';
import type { MountedRoute } from '../../../src/edge/openapi/mount.ts';
import { keyRoutes, openRoutes } from '../../../src/edge/routes/index.ts';
import { lazyRoutes } from '../../../src/edge/workerd/lazy-routes.ts';

const mounted = (routes: readonly MountedRoute[]) =>
  routes.map(({ description: { method, path, versioned, pattern, access, tagged, headers, request } }) => ({
    ...{ method, path, versioned, pattern, access, tagged, headers },
    takesBody: request?.body !== undefined,
  }));

describe('the routes of the Worker', () => {
  it.each([
    ['openRoutes', openRoutes],
    ['keyRoutes', keyRoutes],
    ['adminRoutes', adminRoutes],
  ] as const)('are mounted as %s are on other servers', (name, routes) => {
    expect(mounted(lazyRoutes[name])).toEqual(mounted(routes));
  });

  it('are described as those of other servers are', async () => {
    const { open, admin } = await lazyRoutes.descriptions();
    expect(open).toEqual([...openRoutes, ...keyRoutes].map(({ description }) => description));
    expect(admin).toEqual(adminRoutes.map(({ description }) => description));
  });
});
