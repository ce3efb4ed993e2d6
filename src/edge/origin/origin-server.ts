/** The origin's side of the protocol between edge and origin. */
import type { WaitUntil } from '../../core/engine/session-cache.ts';
import type { Model } from '../../core/model/model.ts';
import type { BundleFiles } from '../models/model-bundle.ts';
import type { UploadReport } from '../models/upload-report.ts';
import type { OriginRequest } from './origin-request.ts';
import type { SignatureCheck } from './signature.ts';

/** Parts of a server that runs heavy requests for edges. */
export interface OriginServer {
  readonly signatures: SignatureCheck;
  /** @throws WhylightError `model_not_found`; `model_needed` with the digests of the files that are `missing` */
  model(name: OriginRequest['model'], waitUntil: WaitUntil): Promise<Model>;
  /**
   * Stores a file of an uploaded model; absent on a server without uploads.
   * @throws WhylightError `invalid_request` for bytes whose digest differs; `payload_too_large`, `overloaded`
   */
  readonly storeFile?: (sha256: string, chunks: AsyncIterable<Uint8Array>) => Promise<void>;
  /**
   * Makes the inspection of an upload; absent on a server without uploads. What it returns begins when it is its turn, and
   * ends with its signal, even within a run of the model.
   * @throws WhylightError `model_needed` with the digests of the files that are `missing`; `overloaded`
   */
  readonly inspect?: (name: string, files: BundleFiles) => Promise<(signal: AbortSignal) => Promise<UploadReport>>;
  /**
   * Reserves a slot for one run.
   * @returns runs the work once it is its turn
   * @throws WhylightError `overloaded`
   */
  reserve(): <T>(work: () => Promise<T>) => Promise<T>;
}
