/** Limits of a machine, and their defaults for the two kinds of machines. */
import type { Optimize } from './autodiff/compile.ts';
import { COMPILE_LIMITS, type CompileLimits } from './onnx/compile-budget.ts';

export interface Limits {
  /** Bytes of models that sessions may hold. */
  readonly sessionBytes: number;
  /** Bytes that the tensors of a batch may take. */
  readonly memoryBudget: number;
  /** The most rows that run at once. */
  readonly maxBatch: number;
  /** Resource that compiled gradients save at the cost of the other. */
  readonly optimize: Optimize;
  /** True if the clock advances while code runs. */
  readonly measures: boolean;
  /** Upper bounds on one compilation. */
  readonly compilation: CompileLimits;
}

const MIB = 2 ** 20;

/** Limits for an isolate of 128 MiB, which also holds the code and decoded images. */
export const ISOLATE_LIMITS: Limits = {
  sessionBytes: 64 * MIB,
  memoryBudget: 16 * MIB,
  maxBatch: 16,
  optimize: 'memory',
  measures: false,
  compilation: { nodes: 50_000, constantBytes: 32 * MIB, work: 3_000_000, milliseconds: 30_000 },
};

/** Limits for a process with a gigabyte or more. */
export const PROCESS_LIMITS: Limits = {
  sessionBytes: 1024 * MIB,
  memoryBudget: 256 * MIB,
  maxBatch: 64,
  optimize: 'speed',
  measures: true,
  compilation: COMPILE_LIMITS,
};
