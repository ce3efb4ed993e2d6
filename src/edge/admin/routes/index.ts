/** Lists of routes. Written by scripts/generate-routes.ts from the files of this folder. Do not edit. */
import { audit } from './audit.ts';
import { drift } from './drift.ts';
import { eraseTenantData } from './erase.ts';
import { createKey, revokeKey, rotateKey } from './keys.ts';
import { purgeAll, purgeTenant } from './purge.ts';
import { listRecords, restoreRecord } from './records.ts';
import { checkModelFiles, checkStore, listOwnedModels } from './stores.ts';
import { deleteTenant, getTenant, listTenants, putTenant } from './tenants.ts';

/** Tenants and their keys, changed without a deploy. */
export const adminRoutes = [
  audit,
  drift,
  eraseTenantData,
  createKey,
  rotateKey,
  revokeKey,
  purgeTenant,
  purgeAll,
  listRecords,
  restoreRecord,
  listOwnedModels,
  checkModelFiles,
  checkStore,
  listTenants,
  getTenant,
  putTenant,
  deleteTenant,
] as const;
