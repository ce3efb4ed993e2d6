/** Routes of the Worker, loaded by the first request for them. */
import { adminRoutes } from '../admin/routes/lazy.ts';
import type { RouteTable } from '../app-of-routes.ts';
import { keyRoutes, openRoutes } from '../routes/lazy.ts';

/** Routes of the Worker. A Worker is no origin. */
export const lazyRoutes: RouteTable = {
  ...{ openRoutes, keyRoutes, adminRoutes },
  originRoutes: [],
  async descriptions() {
    const [all, admin] = await Promise.all([import('../routes/index.ts'), import('../admin/routes/index.ts')]);
    return {
      open: [...all.openRoutes, ...all.keyRoutes].map(({ description }) => description),
      admin: admin.adminRoutes.map(({ description }) => description),
    };
  },
};
