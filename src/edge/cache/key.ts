/** Cache key of an explanation: requests with equal keys have equal answers. */
import { sha256Hex } from '../../core/digest.ts';
import type { ReadRequest } from '../../core/explainer/request.ts';
import type { Corrections } from '../../core/model/corrections.ts';
import { parseTarget, type TargetRequest } from '../../core/model/target-request.ts';

/** Version of answers and of their storage format; raised when either changes. */
const API_VERSION = 3;

export interface CacheKeyParts {
  /** Separates tenants: they must not see each other's answers, nor notice them by their speed. */
  readonly scope: string;
  /** See `ServedModel.identity`. */
  readonly model: string;
  readonly method: string;
  readonly revision: number;
  /** See `PluginEntry.build`. */
  readonly build?: string | undefined;
  /** Parameters after defaults. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly target: TargetRequest | undefined;
  readonly scores: string | undefined;
  readonly seed: number;
  readonly top: number;
  readonly summary: boolean;
  /** Facts about the model that the request states. */
  readonly corrections?: Corrections;
  /** Settings of the reading of predictions, and a digest of what the answer is compared with. */
  readonly read?: Pick<ReadRequest, 'threshold' | 'boxScore'> & { readonly similar?: string };
  /** Digest of the input. */
  readonly input: string;
}

/** Makes the key: a SHA-256 in hex that does not depend on the order of parameters. */
export function cacheKey(parts: CacheKeyParts): Promise<string> {
  // The same target may be spelled in several ways.
  const target = parts.target === undefined ? undefined : parseTarget(parts.target);
  return sha256Hex(new TextEncoder().encode(canonical({ version: API_VERSION, ...parts, target })));
}

/** Serialises to JSON with the members of every object sorted. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : item,
  );
}
