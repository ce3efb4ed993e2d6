/** From a key to its tenant. Only SHA-256 digests of keys are kept. */
import { sha256Hex } from '../../core/digest.ts';
import { WhylightError } from '../../core/errors.ts';
import type { Tenant } from './tenant.ts';

/** The tenant of whoever comes without a key, where the configuration has one. */
export const ANONYMOUS = '*';

/** A tenant as `plugins.config.json` has it. */
export interface TenantConfig {
  /** SHA-256 digests of its keys, in hex. */
  readonly keys?: readonly string[];
  readonly methods?: readonly string[];
  readonly models?: readonly string[];
}

export class TenantDirectory {
  private readonly byKey = new Map<string, Tenant>();
  private readonly anonymous: Tenant | undefined;

  /** @throws WhylightError `invalid_config` for a key that two tenants have. */
  constructor(config: Readonly<Record<string, TenantConfig>>) {
    for (const [id, { keys = [], methods, models }] of Object.entries(config)) {
      const tenant: Tenant = {
        id,
        ...(methods && { methods: new Set(methods) }),
        ...(models && { models: new Set(models) }),
      };
      for (const key of keys.map((digest) => digest.toLowerCase())) {
        if (this.byKey.has(key)) {
          throw new WhylightError(
            'invalid_config',
            `The tenants ${this.byKey.get(key)?.id} and ${id} have the same key.`,
          );
        }
        this.byKey.set(key, tenant);
      }
    }
    this.anonymous = config[ANONYMOUS] && {
      id: ANONYMOUS,
      ...(config[ANONYMOUS].methods && { methods: new Set(config[ANONYMOUS].methods) }),
      ...(config[ANONYMOUS].models && { models: new Set(config[ANONYMOUS].models) }),
    };
  }

  /**
   * A wrong key is refused even where none is needed: its owner would wonder about missing rights otherwise. Comparing
   * digests leaks nothing of use through its timing.
   * @throws WhylightError `unauthorized`, always with the same words.
   */
  async find(key: string | undefined): Promise<Tenant> {
    const tenant = key === undefined ? this.anonymous : this.byKey.get(await sha256Hex(new TextEncoder().encode(key)));
    if (tenant) return tenant;
    throw new WhylightError(
      'unauthorized',
      'A valid key is needed: send it as "Authorization: Bearer KEY" or "X-Api-Key: KEY".',
    );
  }
}
