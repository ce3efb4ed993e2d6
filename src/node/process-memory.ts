/** Bound on the memory of this process: what its engine and its code take by themselves, and a pool for the rest. */
import { totalmem } from 'node:os';
import type { Engine } from '../core/engine/engine.ts';
import { WhylightError } from '../core/errors.ts';
import { type Limits, PROCESS_LIMITS } from '../core/limits.ts';
import { MemoryPool } from '../core/memory-pool.ts';
import type { ModelBytes } from '../core/onnx/model-bytes.ts';
import { collectGarbage } from './garbage.ts';
import type { Gauge } from './prometheus.ts';

const MIB = 2 ** 20;
/** Part of the machine's memory that a process may take where nothing else is said. */
const DEFAULT_PART = 0.75;
/** Part of the pool's memory that V8 takes for values that nobody needs any more. */
const GARBAGE_PART = 0.25;
/** Part of the bound from which on garbage is collected, and sessions are released that the estimates let stay. */
const COLLECT_FROM = 0.85;
const MIN_POOL = 64 * MIB;

/** Bytes that this process may take by default: three quarters of what the container, or else the machine, has. */
export function defaultMemory(): number {
  // 0 where nothing is known, and beyond every machine where nothing is bounded.
  const constrained = process.constrainedMemory() || Infinity;
  return Math.floor(DEFAULT_PART * Math.min(constrained, totalmem()));
}

/**
 * Makes the pool of this process.
 * @param bytes resident memory that the process may take
 * @param engine engine that is started already, so that what the process takes by itself is known
 * @throws WhylightError `invalid_config` where less than 64 MiB are left
 */
export function processPool(bytes: number, engine: Pick<Engine, 'collect'>): MemoryPool {
  const read = (): number => process.memoryUsage.rss();
  const resident = read();
  const left = (bytes - resident) * (1 - GARBAGE_PART);
  if (left >= MIN_POOL) return new MemoryPool(Math.floor(left), { limit: COLLECT_FROM * bytes, read, collect });
  async function collect(): Promise<void> {
    collectGarbage();
    await engine.collect?.();
  }
  const needed = Math.ceil((resident + MIN_POOL / (1 - GARBAGE_PART)) / MIB);
  throw new WhylightError(
    'invalid_config',
    `--memory-mib ${Math.floor(bytes / MIB)} is too little: this process takes ${Math.ceil(resident / MIB)} MiB before the first model. Allow at least ${needed} MiB.`,
    { memory_mib: Math.floor(bytes / MIB), needed_mib: needed },
  );
}

/** Memory of a node in onnxruntime-node 1.30: its kernel, its place in the plan, and names. */
const BYTES_PER_NODE = 20 * 1024;

/**
 * Bytes that a session of this file takes in onnxruntime-node, about; the tensors of its runs come on top. Weights are
 * held as they are, and packed for the processor's kernels.
 */
export function nativeSessionMemory({ graph, external = [], nodes = 0 }: ModelBytes): number {
  const weights = external.reduce((sum, { data }) => sum + data.byteLength, 0);
  return Math.ceil(3 * graph.byteLength + 2 * weights + BYTES_PER_NODE * nodes);
}

/** Part of the pool that the tensors of one batch may take, so that several runs fit beside their sessions. */
const BATCH_PART = 1 / 16;

/** Limits of the machine for a process with this pool. */
export const processLimits = ({ capacity }: MemoryPool): Partial<Limits> => ({
  sessionBytes: capacity,
  memoryBudget: Math.min(PROCESS_LIMITS.memoryBudget, Math.max(16 * MIB, capacity * BATCH_PART)),
});

/** Gauges of the memory of this process. */
export const memoryGauges = (pool: MemoryPool): Readonly<Record<string, Gauge>> => ({
  whylight_memory_bytes: {
    help: 'Memory that each part takes, as it is counted against the bound.',
    read: () => ({ label: 'part', values: { models: 0, sessions: 0, bodies: 0, ...pool.parts } }),
  },
  whylight_memory_capacity_bytes: { help: 'Bound on all parts together.', read: () => pool.capacity },
  whylight_memory_resident_bytes: { help: 'Resident memory of the process.', read: () => process.memoryUsage.rss() },
});
