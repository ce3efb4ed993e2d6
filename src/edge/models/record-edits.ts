/** Changes of the record of a model: its versions, and which of them answers. */
import { WhylightError } from '../../core/errors.ts';
import type { Canary, ModelRecord, Shadow, VersionRecord } from './model-record.ts';
import { haveSameFiles, versionOf } from './model-record.ts';
import { refuseUsed } from './refuse-used.ts';

const MAX_VERSIONS = 50;

/**
 * Adds a version. One that is there with the same files stays as it is.
 * @throws WhylightError `conflict` for other content under a version that exists, and for too many versions
 */
export function withVersion(known: ModelRecord, name: string, version: string, record: VersionRecord): ModelRecord {
  const present = known.versions[version];
  if (present && haveSameFiles(present, record)) return known;
  if (present) {
    const message = `Version ${version} of ${name} exists with other content, and a version never changes: upload it under another version.`;
    throw new WhylightError('conflict', message, { digest: present.digest });
  }
  if (Object.keys(known.versions).length >= MAX_VERSIONS) {
    throw new WhylightError('conflict', `${name} has ${MAX_VERSIONS} versions already: delete one first.`, {});
  }
  return { ...known, versions: { ...known.versions, [version]: record } };
}

/**
 * Removes a version, or all of them together with what was said of them.
 * @throws WhylightError `conflict` for a version that is in use
 */
export function withoutVersion(record: ModelRecord, name: string, version?: string): ModelRecord {
  refuseUsed(record, name, version);
  if (version === undefined) return { versions: {} };
  const { [version]: _, ...versions } = record.versions;
  return { ...record, versions };
}

/**
 * Sets canary and shadow; null removes one, and one that is left out stays.
 * @throws WhylightError `model_not_found` for a version that does not exist
 */
export function withRollout(
  { canary: first, shadow: second, ...rest }: ModelRecord,
  name: string,
  {
    canary = first,
    shadow = second,
  }: { readonly canary?: Canary | null | undefined; readonly shadow?: Shadow | null | undefined },
): ModelRecord {
  for (const one of [canary, shadow]) if (one) versionOf(rest, name, one.version);
  return { ...rest, ...(canary && { canary }), ...(shadow && { shadow }) };
}

/**
 * Pins the version that answers; null ends the pin.
 * @throws WhylightError `model_not_found` for a version that does not exist
 */
export function withPin({ pinned: _, ...rest }: ModelRecord, name: string, version: string | null): ModelRecord {
  if (version !== null) versionOf(rest, name, version);
  return { ...rest, ...(version !== null && { pinned: version }) };
}
