/** Changes of the record of a model that decide which version answers. */
import type { Canary, ModelRecord, Shadow } from './model-record.ts';
import { versionOf } from './model-record.ts';

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
