/** Names and digests from a server or a backup: none may lead out of its folder, or to another route. */
import { quoted } from '../../core/errors.ts';
import { isBundleFiles, isSha256 } from '../../edge/models/model-bundle.ts';
import { NAME, type OwnedModel, type VersionRecord } from '../../edge/models/model-record.ts';
import { OWNER } from '../../edge/models/owner.ts';

/**
 * Finds what cannot be a part of a path.
 * @param versions versions of the model, unchecked
 * @returns a description of the first odd name or digest; undefined where there is none
 */
export function oddNameIn({ owner, name }: OwnedModel, versions: unknown): string | undefined {
  if (!matches(OWNER, owner)) return `the owner ${shown(owner)}`;
  if (!matches(NAME, name)) return `the model ${shown(name)}`;
  if (typeof versions !== 'object' || versions === null) return `no versions of the model ${name}`;
  for (const [version, entry] of Object.entries(versions as Record<string, Partial<VersionRecord> | null>)) {
    if (!NAME.test(version)) return `the version ${shown(version)} of the model ${name}`;
    const { digest, upload, files } = entry ?? {};
    if (!matches(NAME, upload)) return `the folder ${shown(upload)} of ${name} ${version}`;
    if (typeof digest !== 'string' || !isSha256(digest)) return `the digest ${shown(digest)} of ${name} ${version}`;
    if (!isBundleFiles(files)) return `the files ${shown(JSON.stringify(files))} of ${name} ${version}`;
  }
  return undefined;
}

const matches = (pattern: RegExp, value: unknown): boolean => typeof value === 'string' && pattern.test(value);

const shown = (value: unknown): string => quoted(String(value));
