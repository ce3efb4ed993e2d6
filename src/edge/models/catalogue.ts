/** Models that a tenant may use, by name and version: shipped with the server, or uploaded. */
import type { WaitUntil } from '../../core/engine/session-cache.ts';
import { nearest, WhylightError } from '../../core/errors.ts';
import type { MemoryPool } from '../../core/memory-pool.ts';
import type { Model } from '../../core/model/model.ts';
import type { ModelSource } from '../../core/model/model-source.ts';
import { loadReader } from '../../core/plan/lazy-reader.ts';
import { answered } from '../cache/tiers.ts';
import { mayUseModel, type Tenant } from '../tenants/tenant.ts';
import { type DescribedFolder, storedDescription } from './description.ts';
import type { DescriptionStore } from './description-store.ts';
import { ModelCache } from './model-cache.ts';
import {
  answeringVersion,
  defaultVersion,
  type ModelRecord,
  NAME,
  type OwnedModel,
  type VersionRecord,
  versionOf,
} from './model-record.ts';
import { ownerOf, tenantOf, tenantOwner } from './owner.ts';
import type { ModelRegistry } from './registry.ts';
import { type ModelReaders, type ServedModel, serveModel } from './served-model.ts';
import type { ModelStore } from './store.ts';

export interface CatalogueOptions {
  /** Uploaded models; none when left out. */
  readonly registry?: ModelRegistry;
  /** Maximum bytes of model files in memory; sessions have a bound of their own. */
  readonly bytes?: number;
  /** Components that models are read with. */
  readonly readers?: ModelReaders;
  /** Memory that the models share with other caches. */
  readonly pool?: MemoryPool;
  /** Descriptions of uploaded models; each process reads the files when left out. */
  readonly descriptions?: DescriptionStore;
}

/** Default bound: an isolate has 128 MiB, of which sessions take 64, and the runtime and a decoded image need the rest. */
const MAX_MODEL_BYTES = 28 * 2 ** 20;

export class ModelCatalogue {
  readonly registry: ModelRegistry | undefined;
  private readonly store: ModelStore;
  private readonly readers: ModelReaders;
  private readonly cache: ModelCache<ServedModel>;
  private readonly descriptions: DescriptionStore | undefined;

  constructor(
    store: ModelStore,
    { registry, bytes = MAX_MODEL_BYTES, readers = {}, pool, descriptions }: CatalogueOptions = {},
  ) {
    this.descriptions = descriptions;
    this.store = store;
    this.registry = registry;
    this.readers = readers;
    this.cache = new ModelCache(bytes, pool);
  }

  /** Lists the models that the tenant may use: those of the configuration in its order, then uploaded ones by name. */
  async names(tenant: Tenant): Promise<readonly string[]> {
    const [shared, own] = await this.uploadedNames('shared', ownerOf(tenant));
    const allowed = (names: readonly string[] = []) => names.filter((name) => mayUseModel(tenant, name));
    const uploaded = [...allowed(shared), ...(own ?? [])].sort();
    return [...new Set([...allowed(this.store.names), ...uploaded])];
  }

  /** Lists the models that the policy of a tenant may name: those of the configuration, shared ones and its own. */
  async nameable(tenantId: string): Promise<readonly string[]> {
    const uploaded = await this.uploadedNames('shared', tenantOwner(tenantId));
    return [...new Set([...this.store.names, ...uploaded.flat()])];
  }

  /** Lists the uploaded models of each owner. */
  private uploadedNames(...owners: string[]): Promise<readonly (readonly string[])[]> {
    return Promise.all(owners.map(async (owner) => (await this.registry?.names(owner)) ?? []));
  }

  /** Returns true if a model of this name is shipped and the tenant may use it; then none can be uploaded under the name. */
  isShipped(name: string, tenant: Tenant): boolean {
    return this.store.names.includes(name) && mayUseModel(tenant, name);
  }

  /** Finds an uploaded model; undefined for one that is shipped, or that the tenant has no right to. */
  async uploaded(
    name: string,
    tenant: Tenant,
  ): Promise<{ readonly owner: string; readonly record: ModelRecord } | undefined> {
    if (!this.registry || !NAME.test(name) || this.isShipped(name, tenant)) return undefined;
    const own = ownerOf(tenant);
    for (const owner of own === 'shared' || !mayUseModel(tenant, name) ? [own] : [own, 'shared']) {
      const record = await this.registry.find(owner, name);
      if (record) return { owner, record };
    }
    return undefined;
  }

  /**
   * Returns a model.
   * @param version the default one when left out
   * @param chance number of the request from 0 to 1, with which a canary may answer in place of the default version
   * @throws WhylightError `model_not_found`, also for a model that exists but not for this tenant.
   */
  async get(...asked: Parameters<ModelCatalogue['unread']>): Promise<ServedModel> {
    return withReader(await this.unread(...asked));
  }

  /**
   * Returns a model as {@link get} does, for callers that ask again where its nodes are needed: a described one throws
   * NotAnswered then, see `answered`.
   */
  async unread(
    name: string,
    tenant: Tenant,
    waitUntil: WaitUntil,
    version?: string,
    chance?: number,
  ): Promise<ServedModel> {
    if (this.isShipped(name, tenant)) return this.shipped(name, waitUntil, version);
    const found = await this.uploaded(name, tenant);
    if (!found || !this.registry) throw notFound(name, await this.names(tenant));
    const { owner, record } = found;
    const chosen = chance === undefined ? defaultVersion(record) : answeringVersion(record, tenant.id, chance);
    return this.opened(this.registry, { owner, name }, versionOf(record, name, version ?? chosen), waitUntil);
  }

  /**
   * Returns the shadow of a model, where it has one that runs for this request.
   * @param chance number of the request from 0 to 1: below the share, the shadow runs
   */
  async shadow(name: string, tenant: Tenant, waitUntil: WaitUntil, chance: number): Promise<ServedModel | undefined> {
    const found = await this.uploaded(name, tenant);
    const shadow = found?.record.shadow;
    if (!found || !this.registry || !shadow || chance >= shadow.share) return undefined;
    const { owner, record } = found;
    return withReader(
      await this.opened(this.registry, { owner, name }, versionOf(record, name, shadow.version), waitUntil),
    );
  }

  private opened(
    registry: ModelRegistry,
    { owner, name }: OwnedModel,
    entry: VersionRecord,
    waitUntil: WaitUntil,
  ): Promise<ServedModel> {
    const key = `${owner}/${name}/${entry.upload}/${entry.digest}`;
    return this.cache.get(
      key,
      async () => {
        const described = await this.descriptions?.get(entry, waitUntil);
        const source = await registry.open(owner, name, entry, described);
        const served = await serveModel(source, this.readers, registry.bundle(owner, name, entry));
        if (!described) this.describe(served.value.model, source, { owner, entry, waitUntil });
        return served;
      },
      waitUntil,
    );
  }

  /** Stores the description of a model that was read. The answer does not wait for it. */
  private describe(
    model: Model,
    source: DescribedFolder,
    {
      owner,
      entry,
      waitUntil,
    }: { readonly owner: string; readonly entry: VersionRecord; readonly waitUntil: WaitUntil },
  ): void {
    const { descriptions } = this;
    if (!descriptions) return;
    const { reader } = descriptions;
    const store = async (): Promise<void> => {
      await answered();
      const described = await storedDescription(model, source, { reader, files: entry.files });
      if (described) await descriptions.put(entry, described, waitUntil, tenantOf(owner));
    };
    waitUntil(store());
  }

  /**
   * Reads the files of a model from its store.
   * @throws WhylightError as {@link get}
   */
  async source(name: string, tenant: Tenant, version?: string): Promise<ModelSource> {
    if (this.isShipped(name, tenant)) return this.store.open(name);
    const found = await this.uploaded(name, tenant);
    if (!found || !this.registry) throw notFound(name, await this.names(tenant));
    const { owner, record } = found;
    return this.registry.open(owner, name, versionOf(record, name, version ?? defaultVersion(record)));
  }

  /**
   * Returns a shipped model to a caller whose rights were checked by the edge.
   * @throws WhylightError `model_not_found`
   */
  async trusted(name: string, waitUntil: WaitUntil): Promise<ServedModel> {
    if (!this.store.names.includes(name)) throw notFound(name, this.store.names);
    return withReader(await this.shipped(name, waitUntil));
  }

  /** Reads the first model, as a health check. */
  async check(waitUntil: WaitUntil): Promise<void> {
    const [name] = this.store.names;
    if (name !== undefined) await this.shipped(name, waitUntil);
  }

  private async shipped(name: string, waitUntil: WaitUntil, version?: string): Promise<ServedModel> {
    const served = await this.cache.get(
      `shipped/${name}`,
      async () => serveModel(await this.store.open(name), this.readers),
      waitUntil,
    );
    const only = served.model.version;
    if (version === undefined || version === only) return served;
    throw new WhylightError('model_not_found', `The model ${name} has no version ${version}; it has ${only}.`, {
      model: name,
      versions: [only],
    });
  }
}

/** Loads what reads the file of a described model, so that it answers every question at once. */
async function withReader(served: ServedModel): Promise<ServedModel> {
  await loadReader();
  return served;
}

function notFound(name: string, names: readonly string[]): WhylightError {
  const close = nearest(name, names);
  const hint = close.length > 0 ? `Did you mean ${close.join(' or ')}?` : `There are ${names.join(', ') || 'none'}.`;
  return new WhylightError('model_not_found', `There is no model named "${name}". ${hint}`, {
    model: name,
    nearest: close,
  });
}
