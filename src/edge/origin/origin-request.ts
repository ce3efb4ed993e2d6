/** Wire forms of requests from edge to origin: an explanation, with inputs that are ready for the model; an inspection. */
import { WhylightError } from '../../core/errors.ts';
import type { ExplainRequest } from '../../core/explainer/request.ts';
import { pack, unpack } from '../../protocol/packed.ts';
import { type BundleFiles, isBundleFiles } from '../models/model-bundle.ts';
import type { Rights } from '../tenants/rights.ts';

export const RUN_PATH = '/origin/explain';
export const INSPECT_PATH = '/origin/inspect';
/** Path of a file of an uploaded model. */
export const filePath = (sha256: string): string => `/origin/files/${sha256}`;
export const PACKED_TYPE = 'application/vnd.whylight.packed';

export interface OriginRequest {
  readonly model: {
    readonly name: string;
    /** Digest of the model. The origin refuses the request when its model of this name is another one. */
    readonly digest: string;
    /** Files of an uploaded model. The edge sends those that the origin does not have. */
    readonly files?: BundleFiles;
  };
  readonly request: ExplainRequest;
  /** Rights that methods made of other methods are bound by. */
  readonly rights: Rights;
  /** Id of the tenant, for the log. */
  readonly tenant?: string;
  /** Maximum number of rows to evaluate. */
  readonly maxSamples?: number;
  /** True if the client wants partial maps. */
  readonly partials?: boolean;
  /** Milliseconds that the edge will wait. */
  readonly deadline?: number;
}

export const encodeOriginRequest = (request: OriginRequest): Uint8Array<ArrayBuffer> => pack(request);

/** @throws WhylightError `invalid_request` */
export function decodeOriginRequest(bytes: Uint8Array): OriginRequest {
  const request = unpack<OriginRequest>(bytes);
  if (typeof request?.model?.digest === 'string' && typeof request.request?.method === 'string' && request.rights) {
    if (request.model.files === undefined || isBundleFiles(request.model.files)) return request;
  }
  throw notOurs('an explanation');
}

/** Request for the inspection of a model that is being uploaded at the edge. */
export interface InspectionRequest {
  /** Name of the model, for messages. */
  readonly name: string;
  /** The edge sends those that the origin does not have. */
  readonly files: BundleFiles;
  /** Milliseconds that the edge will wait. */
  readonly deadline: number;
}

export const encodeInspectionRequest = (request: InspectionRequest): Uint8Array<ArrayBuffer> => pack(request);

/** @throws WhylightError `invalid_request` */
export function decodeInspectionRequest(bytes: Uint8Array): InspectionRequest {
  const request = unpack<InspectionRequest>(bytes);
  const isComplete = typeof request?.name === 'string' && typeof request.deadline === 'number';
  if (isComplete && isBundleFiles(request.files)) return request;
  throw notOurs('an inspection');
}

const notOurs = (what: string): WhylightError =>
  new WhylightError(
    'invalid_request',
    `The body is not a request for ${what}: edge and origin must have the same version.`,
  );

/** Packs an error, to be raised again at the edge. */
export const encodeFailure = ({ code, message, details }: WhylightError): Uint8Array =>
  pack({ code, message, details });

export function decodeFailure(bytes: Uint8Array): WhylightError {
  const failure = unpack<Pick<WhylightError, 'code' | 'message' | 'details'>>(bytes);
  if (!failure) return new WhylightError('origin_error', 'The origin failed, and its error cannot be read.');
  return new WhylightError(failure.code, failure.message, failure.details);
}
