/**
 * Lists of routes that a Worker loads by the first request for them.
 * Written by scripts/generate-routes.ts from the files of this folder. Do not edit.
 */
import { lazyRoute } from '../../openapi/lazy-route.ts';
import type { MountedRoute } from '../../openapi/mount.ts';

/** Tenants and their keys, changed without a deploy. */
export const adminRoutes: readonly MountedRoute[] = [
  lazyRoute(
    {
      method: 'get',
      path: '/admin/tenants/{tenant}/audit',
      access: 'admin',
    },
    async () => (await import('./audit.ts')).audit,
  ),
  lazyRoute(
    {
      method: 'get',
      path: '/admin/drift',
      access: 'admin',
    },
    async () => (await import('./drift.ts')).drift,
  ),
  lazyRoute(
    {
      method: 'post',
      path: '/admin/tenants/{tenant}/erase',
      access: 'admin',
      request: { body: {} },
    },
    async () => (await import('./erase.ts')).eraseTenantData,
  ),
  lazyRoute(
    {
      method: 'post',
      path: '/admin/tenants/{tenant}/keys',
      access: 'admin',
      request: { body: {} },
    },
    async () => (await import('./keys.ts')).createKey,
  ),
  lazyRoute(
    {
      method: 'post',
      path: '/admin/tenants/{tenant}/keys/{key}/rotate',
      access: 'admin',
      request: { body: {} },
    },
    async () => (await import('./keys.ts')).rotateKey,
  ),
  lazyRoute(
    {
      method: 'delete',
      path: '/admin/tenants/{tenant}/keys/{key}',
      access: 'admin',
    },
    async () => (await import('./keys.ts')).revokeKey,
  ),
  lazyRoute(
    {
      method: 'post',
      path: '/admin/tenants/{tenant}/purge',
      access: 'admin',
      request: { body: {} },
    },
    async () => (await import('./purge.ts')).purgeTenant,
  ),
  lazyRoute(
    {
      method: 'post',
      path: '/admin/purge',
      access: 'admin',
      request: { body: {} },
    },
    async () => (await import('./purge.ts')).purgeAll,
  ),
  lazyRoute(
    {
      method: 'get',
      path: '/admin/records',
      access: 'admin',
    },
    async () => (await import('./records.ts')).listRecords,
  ),
  lazyRoute(
    {
      method: 'put',
      path: '/admin/records/{tenant}',
      access: 'admin',
      request: { body: {} },
    },
    async () => (await import('./records.ts')).restoreRecord,
  ),
  lazyRoute(
    {
      method: 'get',
      path: '/admin/models',
      access: 'admin',
    },
    async () => (await import('./stores.ts')).listOwnedModels,
  ),
  lazyRoute(
    {
      method: 'post',
      path: '/admin/models/check',
      access: 'admin',
      request: { body: {} },
    },
    async () => (await import('./stores.ts')).checkModelFiles,
  ),
  lazyRoute(
    {
      method: 'post',
      path: '/admin/stores/check',
      access: 'admin',
      request: { body: {} },
    },
    async () => (await import('./stores.ts')).checkStore,
  ),
  lazyRoute(
    {
      method: 'get',
      path: '/admin/tenants',
      access: 'admin',
    },
    async () => (await import('./tenants.ts')).listTenants,
  ),
  lazyRoute(
    {
      method: 'get',
      path: '/admin/tenants/{tenant}',
      access: 'admin',
      headers: ['ETag'],
    },
    async () => (await import('./tenants.ts')).getTenant,
  ),
  lazyRoute(
    {
      method: 'put',
      path: '/admin/tenants/{tenant}',
      access: 'admin',
      headers: ['ETag'],
      request: { body: {} },
    },
    async () => (await import('./tenants.ts')).putTenant,
  ),
  lazyRoute(
    {
      method: 'delete',
      path: '/admin/tenants/{tenant}',
      access: 'admin',
    },
    async () => (await import('./tenants.ts')).deleteTenant,
  ),
];
