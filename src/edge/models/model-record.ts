/** Index of an uploaded model: its versions with the digest of every file, and which of them answers. */
import { WhylightError } from '../../core/errors.ts';

export interface VersionRecord {
  /** Digest of the ONNX file and its external data. */
  readonly digest: string;
  readonly created: string;
  readonly bytes: number;
  /** Name of the folder that holds the files. */
  readonly upload: string;
  /** SHA-256 of each file, `manifest.json` among them, by path. */
  readonly files: Readonly<Record<string, string>>;
}

/** Version that answers a part of the requests that name no version. */
export interface Canary {
  readonly version: string;
  /** Share of these requests, 0 to 1. */
  readonly share: number;
  /** Ids of tenants whose requests it answers all. */
  readonly tenants: readonly string[];
}

/** Version that also runs a part of the explanations of the default version, for comparison; nobody gets its answers. */
export interface Shadow {
  readonly version: string;
  /** Share of these explanations, 0 to 1. */
  readonly share: number;
}

export interface ModelRecord {
  /** Default version; the newest one when left out. */
  readonly pinned?: string;
  readonly canary?: Canary;
  readonly shadow?: Shadow;
  /** Versions by name, the oldest first. */
  readonly versions: Readonly<Record<string, VersionRecord>>;
}

/** Owner of a model and its name: they make a folder of the store. */
export interface OwnedModel {
  /** `shared`, or `tenants/<id>`. */
  readonly owner: string;
  readonly name: string;
}

/** A model of an owner; without a record where its index is damaged. */
export interface OwnedRecord extends OwnedModel {
  readonly record?: ModelRecord;
}

/** Names of models and of versions. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Returns the default version: the pinned one, or the newest that is neither a canary nor a shadow. */
export function defaultVersion({ pinned, canary, shadow, versions }: ModelRecord): string {
  if (pinned !== undefined) return pinned;
  const all = Object.keys(versions);
  return (all.findLast((one) => one !== canary?.version && one !== shadow?.version) ?? all.at(-1)) as string;
}

/**
 * Returns the version that answers a request without one.
 * @param chance number from 0 to 1 that belongs to the request: below the share, the canary answers
 */
export function answeringVersion(record: ModelRecord, tenant: string, chance: number): string {
  const { canary } = record;
  const isCanary = canary && (canary.tenants.includes(tenant) || chance < canary.share);
  return isCanary ? canary.version : defaultVersion(record);
}

/** Key of the index of a model. */
export const indexKey = ({ owner, name }: OwnedModel): string => `${owner}/${name}/index.json`;

/** Key of a file of a version. */
export const fileKey = ({ owner, name }: OwnedModel, { upload }: VersionRecord, sha256: string): string =>
  `${owner}/${name}/files/${upload}/${sha256}`;

/** Tells if two versions have the same files, whatever their order. */
export const haveSameFiles = (a: Pick<VersionRecord, 'files'>, b: Pick<VersionRecord, 'files'>): boolean =>
  JSON.stringify(Object.entries(a.files).sort()) === JSON.stringify(Object.entries(b.files).sort());

/** Keys of all files of a version, each once. */
export const filesOf = (place: OwnedModel, version: VersionRecord): string[] =>
  [...new Set(Object.values(version.files))].map((sha256) => fileKey(place, version, sha256));

/**
 * Parses an index.
 * @returns undefined for the index of a deleted model, which stays because R2 has no conditional delete
 * @throws WhylightError `model_damaged`
 */
export function recordOf(text: string, name: string): ModelRecord | undefined {
  try {
    const record = JSON.parse(text) as ModelRecord;
    return Object.keys(record.versions).length > 0 ? record : undefined;
  } catch (cause) {
    const message = `The file index.json of the model ${name}, the list of its versions, is damaged: restore it.`;
    throw new WhylightError('model_damaged', message, { model: name, file: 'index.json' }, { cause });
  }
}

/** @throws WhylightError `model_not_found` */
export function versionOf(record: ModelRecord | undefined, name: string, version: string): VersionRecord {
  const found = record && Object.hasOwn(record.versions, version) ? record.versions[version] : undefined;
  if (found) return found;
  const versions = Object.keys(record?.versions ?? {});
  throw new WhylightError(
    'model_not_found',
    `The model ${name} has no version ${version}; it has ${versions.join(', ') || 'none'}.`,
    { model: name, versions },
  );
}

/** @throws WhylightError `model_not_found` */
export function noRecord(name: string): never {
  throw new WhylightError('model_not_found', `There is no uploaded model named "${name}".`, { model: name });
}
