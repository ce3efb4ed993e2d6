/** State of methods between requests, in the cache of answers: of each tenant apart, and forgotten as answers are. */
import { sha256Hex } from '../../core/digest.ts';
import { messageOf, WhylightError } from '../../core/errors.ts';
import type { MethodState } from '../../core/method/contract.ts';
import type { PluginEntry } from '../../core/method/registry.ts';
import type { Log } from '../observe/log.ts';
import { stateScope, type Tenant } from '../tenants/tenant.ts';
import type { ResultCache } from './result-cache.ts';

/** Owner of the state, and the store. */
export interface StateOptions {
  readonly cache: ResultCache;
  readonly log: Log;
  /** Tenant that the state is kept for, as long as its answers. */
  readonly tenant: Pick<Tenant, 'id' | 'generations' | 'cache'>;
  readonly waitUntil: (promise: Promise<unknown>) => void;
}

/** Largest value that a method may keep under one name, in bytes. */
const MAX_BYTES = 2 ** 20;

/** Makes the state of each method for the requests of one tenant. */
export const methodState =
  ({ cache, log, tenant, waitUntil }: StateOptions) =>
  ({ method, build = '' }: PluginEntry): MethodState => {
    const { seconds } = tenant.cache;
    const use = { seconds, waitUntil, owner: tenant.id };
    const owner = [stateScope(tenant), method.id, method.revision, build];
    const keyOf = async (name: string): Promise<string> =>
      `state-${await sha256Hex(new TextEncoder().encode(JSON.stringify([...owner, name])))}`;
    const failed = (message: string) => (error: unknown) =>
      void log('warn', message, { method: method.id, reason: messageOf(error) });
    return {
      async get(name) {
        if (seconds === 0) return undefined;
        return (
          (await cache.get(await keyOf(name), use).catch(failed('the state of a method cannot be read'))) ?? undefined
        );
      },
      async put(name, bytes) {
        if (!(bytes instanceof Uint8Array) || bytes.length > MAX_BYTES) {
          throw new WhylightError('method_failed', `A method may keep up to ${MAX_BYTES} bytes under one name.`, {
            name,
          });
        }
        if (seconds === 0) return;
        await cache.put(await keyOf(name), bytes, use).catch(failed('the state of a method cannot be stored'));
      },
    };
  };
