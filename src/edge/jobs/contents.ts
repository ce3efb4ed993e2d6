/** What a job keeps in files: its question until it has run, its result afterwards. */

import { WhylightError } from '../../core/errors.ts';
import type { Explanation } from '../../core/explainer/explanation.ts';
import type { OverlayOptions } from '../../core/image/overlay.ts';
import type { InferenceRequest } from '../../protocol/open-inference.ts';
import { pack, unpack } from '../../protocol/packed.ts';
import type { Question } from '../origin/origin-request.ts';

/** How the answer was wanted. */
export interface Wanted {
  /** Of the cache. */
  readonly key: string;
  /** The request's own id and outputs, for tensors. */
  readonly wire?: Pick<InferenceRequest, 'id' | 'outputs' | 'binaryOutput'>;
  readonly overlay: OverlayOptions;
  readonly choseOverlay: boolean;
  /** Where the picture lies that was sent. */
  readonly picture?: string;
}

export interface KeptQuestion {
  readonly question: Question;
  readonly version: string;
  readonly wanted: Wanted;
  /** How long the tenant's answers are kept. */
  readonly seconds: number;
  /** W3C trace context of the request, as headers. */
  readonly trace: Readonly<Record<string, string>>;
}

export interface KeptResult {
  readonly explanation: Explanation;
  readonly model: { readonly name: string; readonly version: string };
  readonly wanted: Wanted;
}

export const packQuestion = (question: KeptQuestion): Uint8Array => pack(question);
export const packResult = (result: KeptResult): Uint8Array => pack(result);

/** @throws WhylightError `internal` for what is not there, or damaged */
export function unpackQuestion(bytes: Uint8Array | undefined): KeptQuestion {
  const kept = bytes && unpack<KeptQuestion>(bytes);
  if (kept) return kept;
  throw new WhylightError('internal', 'The question of the job is lost or damaged.');
}

/** @throws WhylightError `internal` for what is not there, or damaged */
export function unpackResult(bytes: Uint8Array | undefined): KeptResult {
  const kept = bytes && unpack<KeptResult>(bytes);
  if (kept) return kept;
  throw new WhylightError('internal', 'The result of the job is lost or damaged.');
}
