/** Messages between a process and the thread in which it inspects uploads. */
import type { UploadReport } from '../edge/models/upload-report.ts';
import type { Failure } from './thread-failure.ts';

/** Files to be inspected. */
export interface AskedInspection {
  /** Name of the model, for messages. */
  readonly name: string;
  /** Bytes of each file, by path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export type AnsweredInspection = { readonly report: UploadReport } | { readonly failure: Failure };
