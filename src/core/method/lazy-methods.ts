/** Entries of methods that are loaded together. */
import type { Method } from './contract.ts';
import type { LazyPluginEntry } from './registry.ts';

/**
 * Makes entries of methods that one module exports under their ids.
 * @param load imports the module
 * @param rules of the operator, the same for all of them
 */
export const lazyMethods = (
  load: () => Promise<Readonly<Record<string, Method>>>,
  rules: Omit<LazyPluginEntry, 'id' | 'load'>,
  ids: readonly string[],
): readonly LazyPluginEntry[] => ids.map((id) => ({ ...rules, id, load: async () => (await load())[id] as Method }));
