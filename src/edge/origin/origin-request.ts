/** What the edge asks an origin: an explanation as it would have made itself, the inputs ready for the model. */
import { WhylightError } from '../../core/errors.ts';
import type { ExplainRequest } from '../../core/explainer/request.ts';
import { pack, unpack } from '../../protocol/packed.ts';
import { isParcelFiles, type ParcelFiles } from '../models/model-bundle.ts';
import type { Rights } from '../tenants/tenant.ts';

export const RUN_PATH = '/origin/explain';
/** Where a file of an uploaded model is put, by its content. */
export const filePath = (sha256: string): string => `/origin/files/${sha256}`;
export const PACKED_TYPE = 'application/vnd.whylight.packed';

export interface Question {
  readonly model: {
    readonly name: string;
    /** The origin must hold these very bytes: an answer for another model would be a wrong one. */
    readonly digest: string;
    /** Of an uploaded model: what it is made of. The origin is sent the files that it does not hold. */
    readonly files?: ParcelFiles;
  };
  readonly request: ExplainRequest;
  /** What methods that are made of others may reach. */
  readonly rights: Rights;
  /** The most rows that it may evaluate. */
  readonly maxSamples?: number;
  /** Whether somebody wants to see partial maps. */
  readonly partials?: boolean;
  /** Milliseconds that the asker will wait. */
  readonly deadline?: number;
}

export const encodeQuestion = (question: Question): Uint8Array<ArrayBuffer> => pack(question);

/** @throws WhylightError `invalid_request` */
export function decodeQuestion(bytes: Uint8Array): Question {
  const question = unpack<Question>(bytes);
  if (typeof question?.model?.digest === 'string' && typeof question.request?.method === 'string' && question.rights) {
    if (question.model.files === undefined || isParcelFiles(question.model.files)) return question;
  }
  throw new WhylightError('invalid_request', 'The body is not a packed question: edge and origin differ in version.');
}

/** An error as it travels, to be raised again on the other side. */
export const encodeFailure = ({ code, message, details }: WhylightError): Uint8Array =>
  pack({ code, message, details });

export function decodeFailure(bytes: Uint8Array): WhylightError {
  const failure = unpack<Pick<WhylightError, 'code' | 'message' | 'details'>>(bytes);
  if (!failure) return new WhylightError('origin_error', 'The origin failed without a reason that can be read.');
  return new WhylightError(failure.code, failure.message, failure.details);
}
