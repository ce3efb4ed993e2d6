/** Files of a job: the request until it has run, the result afterwards. */
import type { TenantPolicy } from '../../config/tenant-policy.ts';
import { WhylightError } from '../../core/errors.ts';
import type { Explanation } from '../../core/explainer/explanation.ts';
import type { DrawingOptions } from '../../core/image/overlay-options.ts';
import type { InferenceRequest } from '../../protocol/open-inference.ts';
import { pack, unpack } from '../../protocol/packed.ts';
import type { OriginRequest } from '../origin/origin-request.ts';

/** Representation that the client asked for. */
export interface Wanted {
  /** Cache key of the explanation. */
  readonly key: string;
  /** Id and outputs of a request with tensors. */
  readonly wire?: Pick<InferenceRequest, 'id' | 'outputs' | 'binaryOutput'>;
  readonly overlay: DrawingOptions;
  readonly choseOverlay: boolean;
  /** Notices of the modality that prepared the input. */
  readonly notices?: readonly string[];
  /** Key of the stored image that was sent. */
  readonly image?: string;
  /** Name of `image` in stored jobs of version 0.1.0; read only. */
  readonly picture?: string;
}

export interface StoredRequest {
  readonly question: OriginRequest;
  readonly version: string;
  readonly wanted: Wanted;
  /** Files of the tenant that methods are run with, as its policy named them when the key of the answer was made. */
  readonly files?: TenantPolicy['files'];
  /** Lifetime of the tenant's cached answers. */
  readonly seconds: number;
  /** W3C trace context of the request, as headers. */
  readonly trace: Readonly<Record<string, string>>;
}

export interface StoredResult {
  readonly explanation: Explanation;
  readonly model: { readonly name: string; readonly version: string };
  readonly wanted: Wanted;
}

/** @throws WhylightError `internal` for a missing file, and for one of another version */
export const unpackRequest = (bytes: Uint8Array | undefined): StoredRequest =>
  unpacked<StoredRequest>(bytes, 'request');

/** @throws WhylightError `internal` for a missing file, and for one of another version */
export const unpackResult = (bytes: Uint8Array | undefined): StoredResult => unpacked<StoredResult>(bytes, 'result');

export const packRequest = (request: StoredRequest): Uint8Array => pack(request);
export const packResult = (result: StoredResult): Uint8Array => pack(result);

function unpacked<T extends object>(bytes: Uint8Array | undefined, what: string): T {
  const stored = bytes && unpack<T>(bytes);
  if (stored) return stored;
  throw new WhylightError('internal', `The stored ${what} of the job is missing, or was written by another version.`);
}
