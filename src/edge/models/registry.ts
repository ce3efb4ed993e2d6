/**
 * Uploaded models. Each owner has its own names. A version never changes:
 *
 *     <owner>/<model>/index.json                versions, and the pinned one
 *     <owner>/<model>/files/<upload>/<sha256>   manifest, ONNX file and its other files
 *
 * Each upload has a folder of its own, even where another version has the same file: with shared files, deleting one
 * version could remove files of the other.
 */
import { sha256Hex } from '../../core/digest.ts';
import { WhylightError } from '../../core/errors.ts';
import { LruCache } from '../../core/lru-cache.ts';
import { type Manifest, parseManifest } from '../../core/model/manifest.ts';
import { Model } from '../../core/model/model.ts';
import type { ModelSource } from '../../core/model/model-source.ts';
import { pointerTo } from '../http/violations.ts';
import type { Log } from '../observe/log.ts';
import { checkedFile } from './checked-file.ts';
import type { ModelFiles } from './files.ts';
import { readModelFolder } from './folder.ts';
import type { ModelBundle } from './model-bundle.ts';
import type { Upload } from './upload.ts';

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

export interface ModelRecord {
  /** Default version; the newest one when left out. */
  readonly pinned?: string;
  /** Versions by name, the oldest first. */
  readonly versions: Readonly<Record<string, VersionRecord>>;
}

/** Returns the default version. */
export const defaultVersion = ({ pinned, versions }: ModelRecord): string =>
  pinned ?? (Object.keys(versions).at(-1) as string);

export interface ModelRegistryOptions {
  readonly files: ModelFiles;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Milliseconds after which every isolate knows of a change. */
const FRESH_MS = 10_000;
const MAX_AGE_MS = 3_600_000;
const MAX_VERSIONS = 50;
/** Maximum number of tries to write an index that others change at the same time. */
const ATTEMPTS = 5;

export class ModelRegistry {
  private readonly files: ModelFiles;
  private readonly log: Log;
  private readonly clock: () => number;
  private readonly known: LruCache<ModelRecord>;

  constructor({ files, log, clock = Date.now }: ModelRegistryOptions) {
    this.files = files;
    this.log = log;
    this.clock = clock;
    this.known = new LruCache({ capacity: 500, freshMs: FRESH_MS, maxAgeMs: MAX_AGE_MS, clock });
  }

  /** Lists the models of an owner, without those whose index is damaged. */
  async names(owner: string): Promise<readonly string[]> {
    const names = await this.files.below(`${owner}/`);
    const found = names.map((name) =>
      this.find(owner, name).catch((error: unknown) => {
        if (!WhylightError.is(error, 'model_damaged')) throw error;
        this.log('error', 'a model is left out of the list', { owner, model: name, reason: error.message });
        return undefined;
      }),
    );
    const records = await Promise.all(found);
    return names.filter((_, i) => records[i]);
  }

  /** @returns undefined where there is none. A cached record is used for seconds, and for longer while R2 fails. */
  async find(owner: string, name: string): Promise<ModelRecord | undefined> {
    const place = `${owner}/${name}`;
    const recent = this.known.get(place);
    if (recent?.fresh) return recent.value;
    try {
      const found = await this.files.readTagged(`${place}/index.json`);
      const record = found && recordOf(found.text, name);
      if (record) this.known.set(place, record);
      return record;
    } catch (error) {
      if (!recent) throw error;
      this.log('warn', 'the index of a model cannot be read', { reason: String(error) });
      return recent.value;
    }
  }

  /**
   * Reads the files of a version, each checked against its digest.
   * @throws WhylightError `model_damaged` for a file that is gone, cut off or changed
   */
  async open(owner: string, name: string, { files, upload, digest: known }: VersionRecord): Promise<ModelSource> {
    const read = async (path: string) => {
      const sha256 = files[path];
      if (sha256 === undefined) return undefined;
      return checkedFile({ model: name, file: path, sha256 }, () =>
        this.files.read(fileKey(owner, name, upload, sha256)),
      );
    };
    return { ...(await readModelFolder(read, name)), digest: known };
  }

  /** Makes the bundle of a version. */
  bundle(owner: string, name: string, { files, upload }: VersionRecord): ModelBundle {
    return {
      files,
      open: async (sha256) => (await this.files.stream(fileKey(owner, name, upload, sha256))) ?? noRecord(name),
    };
  }

  /**
   * Stores a version. It exists once its files were stored, read back and accepted as a model.
   * @param accept checks the model; throws when it is not acceptable
   * @returns the record, whether it is new (the same content again is no change), and the result of `accept`
   * @throws WhylightError `invalid_model`, `invalid_request`, `conflict` for other content under a version that exists
   */
  async add<T>(
    owner: string,
    name: string,
    version: string,
    upload: Upload,
    accept: (model: Model, source: ModelSource) => Promise<T>,
  ): Promise<{ readonly record: VersionRecord; readonly created: boolean; readonly accepted: T }> {
    const arrived = new Map<string, string>();
    try {
      const manifest = manifestFor(upload, name, version);
      const contents = await this.receive(upload, arrived);
      const source = await readModelFolder(
        async (path) => (path === 'manifest.json' ? encode(manifest) : contents.get(path)),
        name,
      );
      const model = await Model.read(source);
      const accepted = await accept(model, source);
      contents.set('manifest.json', encode(manifest));
      const record = await this.keep(owner, name, model.digest, contents);
      const entered = await this.enterOrDrop(owner, name, version, record);
      return { ...entered, accepted };
    } catch (error) {
      // The manifest is part of the request here.
      if (!WhylightError.is(error, 'invalid_config')) throw error;
      throw new WhylightError('invalid_request', error.message, inTheBody(error.details));
    } finally {
      await upload.cancel();
      await this.files.remove([...arrived.values()]);
    }
  }

  /** @throws WhylightError `model_not_found` */
  async pin(owner: string, name: string, version: string | null): Promise<ModelRecord> {
    return this.change(owner, name, (record) => {
      if (version !== null) versionOf(record, name, version);
      const { pinned: _, ...rest } = record ?? noRecord(name);
      return { ...rest, ...(version !== null && { pinned: version }) };
    });
  }

  /**
   * Removes a version, or all of them, and then their files.
   * @throws WhylightError `model_not_found`; `conflict` for the version that is pinned
   */
  async remove(owner: string, name: string, version?: string): Promise<void> {
    let gone: readonly VersionRecord[] = [];
    await this.change(owner, name, (record) => {
      const { pinned, versions } = record ?? noRecord(name);
      if (version === undefined) {
        gone = Object.values(versions);
        return { versions: {} };
      }
      gone = [versionOf(record, name, version)];
      if (pinned === version) {
        throw new WhylightError('conflict', `Version ${version} of ${name} is pinned: pin another one first.`, {});
      }
      const { [version]: _, ...others } = versions;
      return { ...(pinned !== undefined && { pinned }), versions: others };
    });
    await this.files.remove(gone.flatMap((one) => filesOf(owner, name, one)));
  }

  /** Receives files through the store, since the body may be too large to be in memory twice. @returns bytes by path */
  private async receive(upload: Upload, arrived: Map<string, string>): Promise<Map<string, Uint8Array>> {
    for (const { path, size, chunks } of upload.files) {
      const key = `arriving/${crypto.randomUUID()}`;
      arrived.set(path, key);
      await this.files.write(key, size, chunks());
    }
    const contents = new Map<string, Uint8Array>();
    for (const [path, key] of arrived) contents.set(path, (await this.files.read(key)) ?? new Uint8Array(0));
    return contents;
  }

  private async keep(
    owner: string,
    name: string,
    digest: string,
    contents: ReadonlyMap<string, Uint8Array>,
  ): Promise<VersionRecord> {
    const files: Record<string, string> = {};
    const upload = crypto.randomUUID();
    let bytes = 0;
    for (const [path, content] of contents) {
      const sha256 = await sha256Hex(content);
      await this.files.put(fileKey(owner, name, upload, sha256), content);
      files[path] = sha256;
      bytes += content.length;
    }
    return { digest, created: new Date(this.clock()).toISOString(), bytes, upload, files };
  }

  /** Enters the version in the index. Its files are removed again when that fails, or when the version exists already. */
  private async enterOrDrop(owner: string, name: string, version: string, record: VersionRecord) {
    let kept = false;
    try {
      const entered = await this.enter(owner, name, version, record);
      kept = entered.created;
      return entered;
    } finally {
      if (!kept) await this.files.remove(filesOf(owner, name, record));
    }
  }

  private async enter(owner: string, name: string, version: string, record: VersionRecord) {
    let entered = { record, created: true };
    await this.change(owner, name, (known = { versions: {} }) => {
      const present = known.versions[version];
      if (present) {
        if (JSON.stringify(present.files) !== JSON.stringify(record.files)) {
          throw new WhylightError(
            'conflict',
            `Version ${version} of ${name} exists with other content, and a version never changes: upload it under another version.`,
            { digest: present.digest },
          );
        }
        entered = { record: present, created: false };
        return known;
      }
      if (Object.keys(known.versions).length >= MAX_VERSIONS) {
        throw new WhylightError('conflict', `${name} has ${MAX_VERSIONS} versions already: delete one first.`, {});
      }
      entered = { record, created: true };
      return { ...known, versions: { ...known.versions, [version]: record } };
    });
    return entered;
  }

  private async change(
    owner: string,
    name: string,
    edit: (record: ModelRecord | undefined) => ModelRecord,
  ): Promise<ModelRecord> {
    const place = `${owner}/${name}`;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const found = await this.files.readTagged(`${place}/index.json`);
      const record = edit(found && recordOf(found.text, name));
      if (await this.files.writeTagged(`${place}/index.json`, JSON.stringify(record), found?.tag)) {
        if (Object.keys(record.versions).length > 0) this.known.set(place, record);
        else this.known.delete(place);
        return record;
      }
    }
    throw new WhylightError('conflict', `${name} is being changed by other requests: try again.`, {});
  }
}

/** Converts issues of the manifest to violations with positions in the body. */
function inTheBody({ issues, ...details }: WhylightError['details']): WhylightError['details'] {
  if (!Array.isArray(issues)) return details;
  const errors = (issues as { entry: string; message: string }[]).map(({ entry, message }) => ({
    detail: message,
    pointer: pointerTo(['manifest', ...entry.split('.').filter((name) => name !== '')]),
  }));
  return { ...details, errors };
}

/** Checks the manifest. Name and version of the path override its own. */
function manifestFor({ manifest, files }: Upload, name: string, version: string): Manifest {
  const [first] = files;
  const checked = parseManifest({ file: first?.path, ...manifest, name, version }, 'The manifest');
  const named = [checked.file, ...checked.external, ...(typeof checked.labels === 'string' ? [checked.labels] : [])];
  const missing = named.filter((path) => !files.some((file) => file.path === path));
  const unused = files.filter(({ path }) => !named.includes(path)).map(({ path }) => path);
  if (missing.length + unused.length === 0) return checked;
  throw new WhylightError(
    'invalid_config',
    `The files do not fit the manifest: ${[
      missing.length > 0 ? `${missing.join(', ')} is missing` : '',
      unused.length > 0 ? `${unused.join(', ')} is not named there` : '',
    ]
      .filter(Boolean)
      .join('; ')}.`,
    { missing, unused },
  );
}

/**
 * @returns undefined for the index of a deleted model, which stays because R2 has no conditional delete
 * @throws WhylightError `model_damaged`
 */
function recordOf(text: string, name: string): ModelRecord | undefined {
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

function noRecord(name: string): never {
  throw new WhylightError('model_not_found', `There is no uploaded model named "${name}".`, { model: name });
}

const encode = (manifest: Manifest): Uint8Array => new TextEncoder().encode(JSON.stringify(manifest));
const fileKey = (owner: string, name: string, upload: string, sha256: string): string =>
  `${owner}/${name}/files/${upload}/${sha256}`;

const filesOf = (owner: string, name: string, { upload, files }: VersionRecord): string[] =>
  [...new Set(Object.values(files))].map((sha256) => fileKey(owner, name, upload, sha256));
