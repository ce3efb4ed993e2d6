/** What a machine allows, and what the two kinds of machines do. */
import type { Optimize } from './autodiff/compile.ts';

export interface Limits {
  /** Bytes of models that sessions may hold. */
  readonly sessionBytes: number;
  /** Bytes that the tensors of a batch may take. */
  readonly memoryBudget: number;
  /** The most rows that run at once. */
  readonly maxBatch: number;
  /** Whether there is memory to spend on faster gradients. */
  readonly optimize: Optimize;
  /** Whether the clock runs while code does. */
  readonly measures: boolean;
}

const MIB = 2 ** 20;

/** What fits an isolate of 128 MiB beside the code and the pictures. */
export const ISOLATE_LIMITS: Limits = {
  sessionBytes: 64 * MIB,
  memoryBudget: 16 * MIB,
  maxBatch: 16,
  optimize: 'memory',
  measures: false,
};

/** What suits a process with a gigabyte or more. */
export const PROCESS_LIMITS: Limits = {
  sessionBytes: 1024 * MIB,
  memoryBudget: 256 * MIB,
  maxBatch: 64,
  optimize: 'speed',
  measures: true,
};
