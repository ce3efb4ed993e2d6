/** Lines of the results of a batch: records as `report` reads them, each with what its run took. */
import type { InputRecord } from '../../report/record.ts';

/** Route, time and cost of a run. */
export interface RunNote {
  /** Route of the run: edge, origin or job; cache for an answer that was there; local for this machine. */
  readonly route: string;
  /** Milliseconds from request to answer. */
  readonly ms: number;
  /** USD on list prices; absent where nothing is billed. */
  readonly usd?: number;
  readonly model_version?: string;
}

/** An input that was explained. */
export interface DoneRecord extends InputRecord {
  readonly run: RunNote;
}

/** An input that could not be explained, and never will be as it is. */
export interface FailedRecord extends Pick<InputRecord, 'name' | 'digest'> {
  readonly error: { readonly code: string; readonly message: string };
}

export type BatchRecord = DoneRecord | FailedRecord;

export const isFailed = (record: BatchRecord): record is FailedRecord => 'error' in record;
