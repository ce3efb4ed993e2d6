/** Routes of the admin API: tenants and their keys, changed without a deploy. */
import { audit } from './audit.ts';
import { createKey, revokeKey, rotateKey } from './keys.ts';
import { purgeAll, purgeTenant } from './purge.ts';
import { deleteTenant, getTenant, listTenants, putTenant } from './tenants.ts';

export const adminRoutes = [
  listTenants,
  getTenant,
  putTenant,
  deleteTenant,
  createKey,
  rotateKey,
  revokeKey,
  audit,
  purgeTenant,
  purgeAll,
] as const;
