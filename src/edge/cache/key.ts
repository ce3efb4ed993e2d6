/** What makes two questions the same question. */
import { sha256Hex } from '../../core/digest.ts';
import { parseTarget, type TargetRequest } from '../../core/model/target-request.ts';

/** Raised whenever an answer to the same question would differ, or is stored in another form. */
const API_VERSION = 1;

export interface Question {
  /** Tenants do not see each other's answers, not even by their speed. */
  readonly scope: string;
  /** See `ServedModel.identity`. */
  readonly model: string;
  readonly method: string;
  readonly revision: number;
  /** After defaults. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly target: TargetRequest | undefined;
  readonly scores: string | undefined;
  readonly seed: number;
  readonly top: number;
  readonly summary: boolean;
  /** Digest of what is explained. */
  readonly input: string;
}

/** SHA-256 of the question, in hex: the same for the same question, in whatever order its parameters came. */
export function cacheKey(question: Question): Promise<string> {
  // The same target may be spelled in several ways.
  const target = question.target === undefined ? undefined : parseTarget(question.target);
  return sha256Hex(new TextEncoder().encode(canonical({ version: API_VERSION, ...question, target })));
}

/** JSON with the members of every object in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : item,
  );
}
