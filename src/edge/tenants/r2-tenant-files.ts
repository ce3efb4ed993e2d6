/** Files of tenants in the R2 bucket of uploads. */
import type { ReadTenantFile, TenantFile } from './tenant-files.ts';

/** Key of a file: `files/tenants/<id>/<sha256>`. */
export const tenantFileKey = ({ tenant, sha256 }: TenantFile): string => `files/tenants/${tenant}/${sha256}`;

/** Reads files of tenants from a bucket. */
export const r2TenantFiles =
  (bucket: R2Bucket): ReadTenantFile =>
  async (file, maxBytes) => {
    const key = tenantFileKey(file);
    const size = (await bucket.head(key))?.size;
    if (size === undefined || size > maxBytes) return size;
    const object = await bucket.get(key);
    return object ? new Uint8Array(await object.arrayBuffer()) : undefined;
  };
