/** Descriptions of uploaded models in the cache of answers, beside the compiled graphs. */

import { sha256Hex } from '../../core/digest.ts';
import type { WaitUntil } from '../../core/engine/session-cache.ts';
import { messageOf } from '../../core/errors.ts';
import type { ResultCache } from '../cache/result-cache.ts';
import type { Log } from '../observe/log.ts';
import { packDescription, type StoredDescription, unpackDescription } from './description.ts';
import type { VersionRecord } from './model-record.ts';

/** Descriptions that nobody has asked for in 30 days are made anew. */
const SECONDS = 30 * 24 * 60 * 60;

/** Store of descriptions. Failures are its own to report: they cost time, never an answer. */
export interface DescriptionStore {
  /** Build of the source that describes models. */
  readonly reader: string;
  /** @returns undefined for a model that has none, or a damaged one */
  get(version: VersionRecord, waitUntil: WaitUntil): Promise<StoredDescription | undefined>;
  /** @param owner tenant whose model it is, so that the description can be erased */
  put(version: VersionRecord, described: StoredDescription, waitUntil: WaitUntil, owner?: string): Promise<void>;
}

/** Makes the store. A description is known by a digest of the reader, the model and the files beside it. */
export function descriptionStore({
  cache,
  reader,
  log,
}: {
  readonly cache: ResultCache;
  readonly reader: string;
  readonly log: Log;
}): DescriptionStore {
  const nameOf = async ({ digest, files }: VersionRecord): Promise<string> => {
    const identity = JSON.stringify([reader, digest, Object.entries(files).sort()]);
    return `model-${await sha256Hex(new TextEncoder().encode(identity))}`;
  };
  const failed = (message: string) => (error: unknown) => log('warn', message, { reason: messageOf(error) });
  return {
    reader,
    async get(version, waitUntil) {
      const name = await nameOf(version);
      const bytes = await cache
        .get(name, { seconds: SECONDS, waitUntil })
        .catch(failed('the store of model descriptions cannot be read'));
      const described = bytes ? unpackDescription(bytes, reader) : undefined;
      return described?.facts.digest === version.digest ? described : undefined;
    },
    async put(version, described, waitUntil, owner) {
      const name = await nameOf(version);
      await cache
        .put(name, packDescription(described), { seconds: SECONDS, waitUntil, ...(owner !== undefined && { owner }) })
        .catch(failed('the store of model descriptions cannot be written'));
    },
  };
}
