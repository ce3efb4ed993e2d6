/**
 * Folder of a backup:
 *
 *     backup.json                           when and where it was made, and what is in it
 *     tenants.json                          stored changes of tenants, by name
 *     models/<owner>/<model>/index.json     versions, with the digest of each file
 *     models/<owner>/<model>/files/...      files, as the store of the deployment has them
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TENANT_ID } from '../../config/tenant-policy.ts';
import { quoted, WhylightError } from '../../core/errors.ts';
import type { ModelFiles } from '../../edge/models/files.ts';
import type { OwnedModel } from '../../edge/models/model-record.ts';
import { EVERYBODY, type TenantRecord } from '../../edge/tenants/record.ts';
import { readBytes } from '../../node/files.ts';

/** Version of the layout. */
export const BACKUP_FORMAT = 1;

export interface BackupNote {
  readonly format: typeof BACKUP_FORMAT;
  /** ISO 8601. */
  readonly created: string;
  readonly server: string;
  readonly tenants: number;
  readonly models: number;
  readonly versions: number;
}

/** File with the {@link BackupNote}. */
export const NOTE = 'backup.json';
/** File with the records of tenants. */
export const TENANTS = 'tenants.json';
/** Folder with the uploaded models. */
export const MODELS = 'models';

/** Writes a file of JSON, with the folders that it lies in. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** @throws WhylightError `not_found`, `invalid_config` */
export async function readJson<T>(path: string, what: string): Promise<T> {
  const text = (await readBytes(path, what)).toString('utf8');
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new WhylightError('invalid_config', `${path} is not JSON: the backup is damaged.`, { path }, { cause });
  }
}

/**
 * Reads the note of a backup.
 * @throws WhylightError `not_found` for a folder that is none, or one that was interrupted; `invalid_config` for a newer
 * layout
 */
export async function readNote(folder: string): Promise<BackupNote> {
  const note = await readJson<BackupNote>(join(folder, NOTE), 'note of the backup');
  if (note.format === BACKUP_FORMAT) return note;
  const message = `${folder} is a backup of format ${note.format}, but this version reads format ${BACKUP_FORMAT}: use a newer whylight.`;
  throw new WhylightError('invalid_config', message, { format: note.format });
}

/** Records of tenants by id. */
export type TenantRecords = Readonly<Record<string, TenantRecord>>;

/**
 * Reads the records of tenants of a backup.
 * @throws WhylightError `not_found`; `invalid_config` for a damaged file, or a name that is none of a tenant
 */
export async function readTenants(folder: string): Promise<TenantRecords> {
  const path = join(folder, TENANTS);
  const records = await readJson<TenantRecords>(path, 'records of tenants');
  const odd = Object.keys(records).find((id) => id !== EVERYBODY && !TENANT_ID.test(id));
  if (odd === undefined) return records;
  const message = `${path} has a record named ${quoted(odd)}, which is no name of a tenant: the backup is damaged.`;
  throw new WhylightError('invalid_config', message, { path });
}

/** The used part of a store of models. */
export type ReadableModels = Pick<ModelFiles, 'read' | 'below'>;

/** Store of models in a folder, with the keys of a bucket as paths. */
export const folderStore = (folder: string): ReadableModels => ({
  async read(key) {
    const bytes = await readFile(join(folder, key)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    return bytes && new Uint8Array(bytes);
  },
  async below(prefix) {
    const entries = await readdir(join(folder, prefix), { withFileTypes: true }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return [];
        throw error;
      },
    );
    return entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  },
});

/** Lists the models of a store. */
export async function modelsIn({ below }: Pick<ReadableModels, 'below'>): Promise<OwnedModel[]> {
  const owners = [
    ...(await below('')).filter((name) => name === 'shared'),
    ...(await below('tenants/')).map((id) => `tenants/${id}`),
  ];
  const found = await Promise.all(
    owners.map(async (owner) => (await below(`${owner}/`)).map((name) => ({ owner, name }))),
  );
  return found.flat();
}
