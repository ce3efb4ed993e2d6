/** Refuses to remove versions of a model that are in use. */
import { WhylightError } from '../../core/errors.ts';
import type { ModelRecord } from './model-record.ts';

/**
 * Refuses where a version is pinned, a canary or a shadow.
 * @param version version to remove; any of the model when left out
 * @throws WhylightError `conflict`, naming each use and how to end it
 */
export function refuseUsed({ pinned, canary, shadow }: ModelRecord, name: string, version?: string): void {
  const uses = [
    { version: pinned, use: 'pinned', end: 'pin another one or none' },
    { version: canary?.version, use: 'the canary', end: 'end the canary' },
    { version: shadow?.version, use: 'the shadow', end: 'end the shadow' },
  ].filter((one) => one.version !== undefined && (version === undefined || one.version === version));
  if (uses.length === 0) return;
  const named = uses.map((one) => `version ${one.version} is ${one.use}`).join(', ');
  const ends = uses.map(({ end }) => end).join(', ');
  throw new WhylightError('conflict', `The model ${name} is in use: ${named}. First ${ends}.`, {
    versions: [...new Set(uses.map((one) => one.version))],
  });
}
