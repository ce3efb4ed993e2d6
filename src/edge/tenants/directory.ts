/** From a key to its tenant. Only SHA-256 digests of keys are kept. */
import type { TenantConfig } from '../../core/config.ts';
import { sha256Hex } from '../../core/digest.ts';
import { WhylightError } from '../../core/errors.ts';
import type { Tenant } from './tenant.ts';

/** The tenant of whoever comes without a key, where the configuration has one. */
const ANONYMOUS = '*';

export class TenantDirectory {
  private readonly byKey = new Map<string, Tenant>();
  private readonly anonymous: Tenant | undefined;

  /** @throws WhylightError `invalid_config` for a key that two tenants have. */
  constructor(config: Readonly<Record<string, TenantConfig>>) {
    for (const [id, { keys, ...rights }] of Object.entries(config)) {
      for (const key of keys) {
        const owner = this.byKey.get(key);
        if (owner) throw new WhylightError('invalid_config', `The tenants ${owner.id} and ${id} have the same key.`);
        this.byKey.set(key, { id, ...rights });
      }
      if (id === ANONYMOUS) this.anonymous = { id, ...rights };
    }
  }

  /**
   * A wrong key is refused even where none is needed: its owner would wonder about missing rights otherwise. The look-up
   * goes by digest, so its timing tells nothing of any key.
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
