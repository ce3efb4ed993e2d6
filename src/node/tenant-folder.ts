/** Files of tenants in a folder. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReadTenantFile } from '../edge/tenants/tenant-files.ts';

/**
 * Makes the storage of tenants' files of a folder: `<folder>/<tenant>/<sha256>`.
 *
 * @example
 * createEdge({ methods: [whitened], models, tenants, tenantFiles: tenantFolder('/srv/whylight/tenants') });
 */
export const tenantFolder =
  (folder: string): ReadTenantFile =>
  async ({ tenant, sha256 }, maxBytes) => {
    const file = await open(join(folder, tenant, sha256)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (!file) return undefined;
    try {
      const { size } = await file.stat();
      return size > maxBytes ? size : new Uint8Array(await file.readFile());
    } finally {
      await file.close();
    }
  };
