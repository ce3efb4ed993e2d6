/**
 * Uploaded models. Each owner has its own names. A version never changes:
 *
 *     <owner>/<model>/index.json                versions, and the pinned one
 *     <owner>/<model>/files/<upload>/<sha256>   manifest, ONNX file and its other files
 *
 * Each upload has a folder of its own, even where another version has the same file: with shared files, deleting one
 * version could remove files of the other.
 */

import { WhylightError } from '../../core/errors.ts';
import { LruCache } from '../../core/lru-cache.ts';
import type { Log } from '../observe/log.ts';
import { ArrivedUpload } from './arrived-upload.ts';
import { type CheckedFile, checkVersion } from './check-version.ts';
import { checkedFile } from './checked-file.ts';
import { type DescribedFolder, describedSource, type StoredDescription } from './description.ts';
import type { ModelFiles } from './files.ts';
import { readModelFolder } from './folder.ts';
import type { ModelBundle } from './model-bundle.ts';
import {
  type Canary,
  fileKey,
  filesOf,
  indexKey,
  type ModelRecord,
  noRecord,
  type OwnedRecord,
  recordOf,
  type Shadow,
  type VersionRecord,
  versionOf,
} from './model-record.ts';
import { tenantOwner } from './owner.ts';
import { withoutVersion, withPin, withRollout, withVersion } from './record-edits.ts';
import { repairVersion } from './repair-version.ts';
import { Turns } from './slices.ts';
import type { Upload } from './upload.ts';
import { inTheBody, manifestFor } from './upload-manifest.ts';

export interface ModelRegistryOptions {
  readonly files: ModelFiles;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

/** A version in the index. */
interface Entered {
  readonly record: VersionRecord;
  /** False where the same content was there. */
  readonly created: boolean;
}

/** Milliseconds after which every isolate knows of a change. */
const FRESH_MS = 10_000;
const MAX_AGE_MS = 3_600_000;
/** Maximum number of tries to write an index that others change at the same time. */
const ATTEMPTS = 5;

export class ModelRegistry {
  private readonly files: ModelFiles;
  private readonly log: Log;
  private readonly clock: () => number;
  private readonly known: LruCache<ModelRecord>;
  /** Names of the models of each owner. */
  private readonly listed: LruCache<readonly string[]>;
  /** Number of changes in this isolate: a list that was read across one is not kept. */
  private changes = 0;
  /** Turns of inspections in this isolate. */
  readonly turns: Turns;

  constructor({ files, log, clock = Date.now }: ModelRegistryOptions) {
    this.files = files;
    this.log = log;
    this.clock = clock;
    this.turns = new Turns(clock);
    const fresh = { capacity: 500, freshMs: FRESH_MS, maxAgeMs: MAX_AGE_MS, clock };
    this.known = new LruCache(fresh);
    this.listed = new LruCache(fresh);
  }

  /**
   * Lists the models of an owner, without those whose index is damaged. A cached list is used for seconds, and for longer
   * while R2 fails.
   */
  async names(owner: string): Promise<readonly string[]> {
    const recent = this.listed.get(owner);
    if (recent?.fresh) return recent.value;
    const { changes } = this;
    try {
      const names = await this.undamaged(owner);
      if (changes === this.changes) this.listed.set(owner, names);
      return names;
    } catch (error) {
      if (!recent) throw error;
      this.log('warn', 'the list of models cannot be read', { owner, reason: String(error) });
      return recent.value;
    }
  }

  private async undamaged(owner: string): Promise<readonly string[]> {
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
      const found = await this.files.readTagged(indexKey({ owner, name }));
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
   * Reads the files of a version, each checked against its digest; of a described one, those of the model alone.
   * @throws WhylightError `model_damaged` for a file that is gone, cut off or changed
   */
  async open(
    owner: string,
    name: string,
    version: VersionRecord,
    described?: StoredDescription,
  ): Promise<DescribedFolder> {
    const read = (path: string) => this.readFile(owner, name, version, path);
    const source = described && (await describedSource(described, read));
    return source ?? { ...(await readModelFolder(read, name)), digest: version.digest };
  }

  /**
   * Reads a file of a version, checked against its digest.
   * @returns undefined for a path that the version does not have
   * @throws WhylightError `model_damaged`
   */
  async readFile(owner: string, name: string, version: VersionRecord, path: string): Promise<Uint8Array | undefined> {
    const sha256 = Object.hasOwn(version.files, path) ? version.files[path] : undefined;
    if (sha256 === undefined) return undefined;
    const key = fileKey({ owner, name }, version, sha256);
    return checkedFile({ model: name, file: path, sha256, key }, () => this.files.read(key));
  }

  /** Compares every file of a version with its digest. */
  check(owner: string, name: string, version: VersionRecord): Promise<CheckedFile[]> {
    return checkVersion(this.files, { owner, name }, version);
  }

  /** Makes the bundle of a version. */
  bundle(owner: string, name: string, version: VersionRecord): ModelBundle {
    const { files } = version;
    return {
      files,
      open: async (sha256) => (await this.files.stream(fileKey({ owner, name }, version, sha256))) ?? noRecord(name),
    };
  }

  /**
   * Stores a version. It exists once its files were stored and accepted as a model. The same content again changes
   * nothing but files that are damaged in the store, which are written anew.
   * @param accept inspects the files, here or elsewhere; throws when they are not acceptable
   * @returns the record, whether it is new, the paths of repaired files, and the result of `accept`
   * @throws WhylightError `invalid_model`, `invalid_request`, `conflict` for other content under a version that exists
   */
  async add<T extends { readonly digest: string }>(
    owner: string,
    name: string,
    version: string,
    upload: Upload,
    accept: (arrived: ArrivedUpload) => Promise<T>,
  ): Promise<Entered & { readonly repaired: readonly string[]; readonly accepted: T }> {
    const keys: string[] = [];
    try {
      const manifest = manifestFor(upload, name, version);
      const arrived = await ArrivedUpload.receive(this.files, name, manifest, upload, keys);
      const accepted = await accept(arrived);
      const record = await this.keep(owner, name, accepted.digest, arrived);
      const entered = await this.enterOrDrop(owner, name, version, record);
      const repaired = entered.created
        ? []
        : await repairVersion({ files: this.files, log: this.log }, { owner, name }, version, entered.record, arrived);
      return { ...entered, repaired, accepted };
    } catch (error) {
      // The manifest is part of the request here.
      if (!WhylightError.is(error, 'invalid_config')) throw error;
      throw new WhylightError('invalid_request', error.message, inTheBody(error.details));
    } finally {
      await upload.cancel();
      await this.files.remove(keys);
    }
  }

  /**
   * Sets canary and shadow of a model; null removes one, and one that is left out stays.
   * @throws WhylightError `model_not_found`
   */
  async rollOut(
    owner: string,
    name: string,
    { canary, shadow }: { readonly canary?: Canary | null; readonly shadow?: Shadow | null },
  ): Promise<ModelRecord> {
    return this.change(owner, name, (record = noRecord(name)) => withRollout(record, name, { canary, shadow }));
  }

  /** Lists the models of an owner with their records; those whose index is damaged are without one. */
  async records(owner: string): Promise<readonly OwnedRecord[]> {
    const names = await this.files.below(`${owner}/`);
    const found = await Promise.all(names.map((name) => this.recordOrDamage(owner, name)));
    return found.filter((one) => one !== undefined);
  }

  /** Lists the owners of models: `shared`, and `tenants/<id>` of each tenant that has some. */
  async owners(): Promise<readonly string[]> {
    const [first, tenants] = await Promise.all([this.files.below(''), this.files.below('tenants/')]);
    return [...first.filter((name) => name === 'shared'), ...tenants.map(tenantOwner)];
  }

  /** @throws WhylightError `model_not_found` */
  async pin(owner: string, name: string, version: string | null): Promise<ModelRecord> {
    return this.change(owner, name, (record = noRecord(name)) => withPin(record, name, version));
  }

  /** Lists the models of which an owner has files, the deleted and the damaged ones included. */
  async stored(owner: string): Promise<readonly string[]> {
    return this.files.below(`${owner}/`);
  }

  /** Removes all files of a model, whatever its index says of them. */
  async erase(owner: string, name: string): Promise<void> {
    await this.files.removeBelow(`${owner}/${name}/`);
    this.forget(owner, name);
  }

  /**
   * Removes a version, or all of them, and then their files; of a model whose index is damaged, everything or nothing.
   * @throws WhylightError `model_not_found`; `conflict` for a version that is in use; `model_damaged` for a version of a
   *   model whose index is damaged
   */
  async remove(owner: string, name: string, version?: string): Promise<void> {
    try {
      await this.removeRecorded(owner, name, version);
    } catch (error) {
      // Without its index nothing tells the files of one version from those of another.
      if (version !== undefined || !WhylightError.is(error, 'model_damaged')) throw error;
      await this.erase(owner, name);
    }
  }

  private async removeRecorded(owner: string, name: string, version?: string): Promise<void> {
    let gone: readonly VersionRecord[] = [];
    await this.change(owner, name, (record = noRecord(name)) => {
      gone = version === undefined ? Object.values(record.versions) : [versionOf(record, name, version)];
      return withoutVersion(record, name, version);
    });
    await this.files.remove(gone.flatMap((one) => filesOf({ owner, name }, one)));
  }

  private async recordOrDamage(owner: string, name: string): Promise<OwnedRecord | undefined> {
    const found = await this.files.readTagged(indexKey({ owner, name }));
    try {
      const record = found && recordOf(found.text, name);
      return record && { owner, name, record };
    } catch (error) {
      if (WhylightError.is(error, 'model_damaged')) return { owner, name };
      throw error;
    }
  }

  private async keep(owner: string, name: string, digest: string, arrived: ArrivedUpload): Promise<VersionRecord> {
    const created = new Date(this.clock()).toISOString();
    const { bytes, files } = arrived;
    const record = { digest, created, bytes, upload: crypto.randomUUID(), files };
    await arrived.copyTo((sha256) => fileKey({ owner, name }, record, sha256));
    return record;
  }

  /** Enters the version in the index. Its files are removed again when that fails, or when the version exists already. */
  private async enterOrDrop(owner: string, name: string, version: string, record: VersionRecord): Promise<Entered> {
    let kept = false;
    try {
      const entered = await this.enter(owner, name, version, record);
      kept = entered.created;
      return entered;
    } finally {
      if (!kept) await this.files.remove(filesOf({ owner, name }, record));
    }
  }

  private async enter(owner: string, name: string, version: string, record: VersionRecord): Promise<Entered> {
    let kept = record;
    await this.change(owner, name, (known = { versions: {} }) => {
      const next = withVersion(known, name, version, record);
      kept = versionOf(next, name, version);
      return next;
    });
    return { record: kept, created: kept === record };
  }

  private async change(
    owner: string,
    name: string,
    edit: (record: ModelRecord | undefined) => ModelRecord,
  ): Promise<ModelRecord> {
    const place = `${owner}/${name}`;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const found = await this.files.readTagged(indexKey({ owner, name }));
      const record = edit(found && recordOf(found.text, name));
      if (await this.files.writeTagged(indexKey({ owner, name }), JSON.stringify(record), found?.tag)) {
        this.forget(owner, name);
        if (Object.keys(record.versions).length > 0) this.known.set(place, record);
        return record;
      }
    }
    throw new WhylightError('conflict', `${name} is being changed by other requests: try again.`, {});
  }

  /** Drops what this isolate remembers of a model that has changed. */
  private forget(owner: string, name: string): void {
    this.known.delete(`${owner}/${name}`);
    this.changes += 1;
    this.listed.delete(owner);
  }
}
