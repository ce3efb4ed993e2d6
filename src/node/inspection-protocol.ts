/** Messages between a process and the thread in which it inspects uploads. */
import type { UploadReport } from '../edge/models/upload-report.ts';
import type { Failure } from './thread-failure.ts';

/** Memory that the engine of the thread takes at most, in MiB; an isolate has 128 MiB in all. */
export const ENGINE_MIB = 192;

/** Files to be inspected. */
export interface AskedInspection {
  /** Name of the model, for messages. */
  readonly name: string;
  /** Bytes of each file, by path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export type AnsweredInspection = { readonly report: UploadReport } | { readonly failure: Failure };

/** Messages of the thread: `trial` when the model is about to run, then the answer. */
export type InspectionMessage = { readonly trial: true } | AnsweredInspection;
