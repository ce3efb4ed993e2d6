/** Models by name: each is read once and stays in memory. */
import { sha256Hex } from '../../core/digest.ts';
import type { WaitUntil } from '../../core/engine/session-cache.ts';
import { nearest, WhylightError } from '../../core/errors.ts';
import { Model } from '../../core/model/model.ts';
import { mayUseModel, type Tenant } from '../tenants/tenant.ts';
import type { ModelStore } from './store.ts';

export interface ServedModel {
  readonly model: Model;
  /** Names everything that an answer depends on: the ONNX file, its preprocessing and its labels. */
  readonly identity: string;
}

export class ModelCatalogue {
  private readonly store: ModelStore;
  private readonly loading = new Map<string, Promise<ServedModel>>();

  constructor(store: ModelStore) {
    this.store = store;
  }

  /** Names of the models that the tenant may use. */
  names(tenant: Tenant): readonly string[] {
    return this.store.names.filter((name) => mayUseModel(tenant, name));
  }

  /**
   * @param waitUntil keeps the load going for other requests when this one ends early: a promise whose request has ended
   * never settles in a Worker
   * @throws WhylightError `model_not_found`, also for a model that exists but not for this tenant.
   */
  async get(name: string, tenant: Tenant, waitUntil: WaitUntil): Promise<ServedModel> {
    const names = this.names(tenant);
    if (!names.includes(name)) throw notFound(name, names);
    return this.served(name, waitUntil);
  }

  /** Reads the first model, for health checks. */
  async check(waitUntil: WaitUntil): Promise<void> {
    const [name] = this.store.names;
    if (name !== undefined) await this.served(name, waitUntil);
  }

  private served(name: string, waitUntil: WaitUntil): Promise<ServedModel> {
    let served = this.loading.get(name);
    if (!served) {
      served = this.load(name);
      this.loading.set(name, served);
      // What could not be read may be readable the next time.
      served.catch(() => this.loading.delete(name));
      waitUntil(served.catch(() => undefined));
    }
    return served;
  }

  private async load(name: string): Promise<ServedModel> {
    const source = await this.store.open(name);
    const model = await Model.read(source);
    const described = JSON.stringify([model.manifest, source.labels ?? null]);
    const identity = `${model.digest}-${await sha256Hex(new TextEncoder().encode(described))}`;
    return { model, identity };
  }
}

function notFound(name: string, names: readonly string[]): WhylightError {
  const close = nearest(name, names);
  const hint = close.length > 0 ? `Did you mean ${close.join(' or ')}?` : `There are ${names.join(', ') || 'none'}.`;
  return new WhylightError('model_not_found', `There is no model named "${name}". ${hint}`, {
    model: name,
    nearest: close,
  });
}
