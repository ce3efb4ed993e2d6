/** Files that methods load for one tenant alone, named by their SHA-256 in the tenant's policy. */
import { sha256Hex } from '../../core/digest.ts';
import { type ErrorCode, WhylightError } from '../../core/errors.ts';
import { LruCache } from '../../core/lru-cache.ts';
import type { FileSource, PluginEntry } from '../../core/method/registry.ts';
import { ownProperty } from './own-property.ts';
import type { Tenant } from './tenant.ts';

/** Maximum size of a tenant's file, in bytes. */
export const MAX_TENANT_FILE = 32 * 2 ** 20;

/** Place of a file of a tenant. */
export interface TenantFile {
  /** Id of the tenant. */
  readonly tenant: string;
  /** SHA-256 of the bytes in hex. */
  readonly sha256: string;
}

/**
 * Reads a file from the storage of a tenant.
 * @returns the bytes; their number where there are more than `maxBytes`, unread; undefined for a file that is not there
 */
export type ReadTenantFile = (file: TenantFile, maxBytes: number) => Promise<Uint8Array | number | undefined>;

/** The part of a tenant that names its files. */
export type FileOwner = Pick<Tenant, 'id' | 'files'>;

/** Maximum number of methods with files of tenants whose setups a process keeps. */
const MAX_ENTRIES = 32;

/** Returns true if the tenant's policy names files for the method of this id. */
export const hasTenantFiles = ({ files = {} }: Pick<FileOwner, 'files'>, method: string): boolean =>
  Object.keys(ownProperty(files, method) ?? {}).length > 0;

/** Entries of methods as tenants with files of their own have them. */
export class TenantFiles {
  private readonly read: ReadTenantFile | undefined;
  private readonly entries = new LruCache<{ readonly of: PluginEntry; readonly own: PluginEntry }>({
    capacity: MAX_ENTRIES,
  });

  /** @param read reads from the storage of tenants; methods whose files a policy names fail without it */
  constructor(read?: ReadTenantFile) {
    this.read = read;
  }

  /**
   * Returns the entry with the tenant's files in place of the operator's. Their digests are a part of its build, and so of
   * the cache key. The same files give the same entry, so that `setup` runs once for them.
   */
  entryFor({ id: tenant, files = {} }: FileOwner, entry: PluginEntry): PluginEntry {
    const method = entry.method.id;
    if (!hasTenantFiles({ files }, method)) return entry;
    const named = Object.entries(files[method] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    const key = JSON.stringify([tenant, method, named]);
    const known = this.entries.get(key)?.value;
    if (known?.of === entry) return known.own;
    const own = named.map(([name, sha256]): [string, FileSource] => [
      name,
      () => this.bytes({ tenant, sha256 }, { method, name }),
    ]);
    const build = [entry.build, ...named.map(([name, sha256]) => `${name}=${sha256}`)].filter(Boolean).join(' ');
    const made = { ...entry, build, files: { ...entry.files, ...Object.fromEntries(own) } };
    this.entries.set(key, { of: entry, own: made });
    return made;
  }

  private async bytes(file: TenantFile, { method, name }: { readonly method: string; readonly name: string }) {
    const { tenant, sha256 } = file;
    const refuse = (what: string, code: ErrorCode = 'storage_damaged'): WhylightError =>
      new WhylightError(
        code,
        `The file "${name}" of the tenant ${tenant} for the method ${method} ${what}: its policy names the SHA-256 ${sha256}.`,
        { tenant, method, file: name, sha256 },
      );
    if (!this.read)
      throw refuse('cannot be read, since this server has no storage for files of tenants', 'invalid_config');
    const bytes = await this.read(file, MAX_TENANT_FILE);
    if (bytes === undefined) throw refuse('is missing from the storage of the tenant');
    if (typeof bytes === 'number') throw refuse(`has ${bytes} bytes, and ${MAX_TENANT_FILE} are allowed`);
    if ((await sha256Hex(bytes)) !== sha256) throw refuse('is cut off or changed');
    return bytes;
  }
}
