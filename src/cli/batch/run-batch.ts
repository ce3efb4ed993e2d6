/** Goes through the inputs of a batch: several at a time, at a limited rate and cost, each once in the results. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ErrorCode, PASSING_CODES, WhylightError } from '../../core/errors.ts';
import type { Journal } from '../../report/journal.ts';
import { keyOf } from '../../report/study.ts';
import type { BatchInput } from './inputs.ts';
import { type BatchRecord, type FailedRecord, isFailed } from './record.ts';
import type { BatchRunner } from './runner.ts';

export interface BatchOptions {
  readonly inputs: readonly BatchInput[];
  readonly runner: BatchRunner;
  readonly journal: Journal<BatchRecord>;
  readonly concurrency: number;
  /** Maximum number of inputs that begin in a second. */
  readonly rate?: number;
  /** Maximum USD of the whole file of results, earlier runs included. */
  readonly maxCost?: number;
  /** Seconds for which a deployment that cannot be reached is asked again. */
  readonly patience: number;
  readonly progress: (done: number, total: number) => void;
}

export interface BatchOutcome {
  /** Inputs that were there from an earlier run. */
  readonly resumed: number;
  readonly explained: number;
  readonly failed: number;
  /** Inputs that are left because of the limit of cost. */
  readonly left: number;
  /** USD of the whole file of results. */
  readonly usd: number;
}

/** Failures of everything, which no other input would escape. */
const FATAL: ReadonlySet<ErrorCode> = new Set([
  'unauthorized',
  'forbidden',
  'model_not_found',
  'model_damaged',
  'method_not_found',
  'method_not_enabled',
  'invalid_config',
]);
const FIRST_WAIT_MS = 1000;
const MAX_WAIT_MS = 30_000;

/**
 * Runs the batch.
 * @throws WhylightError when the deployment stays away for longer than the patience, or refuses every input; what is done
 * stays in the results
 */
export async function runBatch(options: BatchOptions): Promise<BatchOutcome> {
  const { inputs, journal, concurrency, progress, rate } = options;
  const state = new BatchState(options, options.runner.price ? await spentIn(journal) : 0);
  const slot = rateLimit(rate);
  let next = 0;
  let stopped: unknown;
  const work = async (): Promise<void> => {
    while (next < inputs.length && stopped === undefined && !state.isSpent) {
      const input = inputs[next++] as BatchInput;
      await state.take(input, slot);
      progress(state.done, inputs.length);
    }
  };
  const workers = Array.from({ length: Math.min(concurrency, inputs.length) }, () =>
    work().catch((error: unknown) => {
      stopped ??= error;
    }),
  );
  await Promise.all(workers);
  if (stopped !== undefined) throw stopped;
  return state.outcome;
}

class BatchState {
  private readonly options: BatchOptions;
  private resumed = 0;
  private explained = 0;
  private failed = 0;
  private usd: number;
  /** USD of the inputs that run now. */
  private reserved = 0;
  /** True once the next input would exceed the limit of cost. */
  isSpent = false;
  private writing: Promise<void> = Promise.resolve();

  constructor(options: BatchOptions, spent: number) {
    this.options = options;
    this.usd = spent;
  }

  get done(): number {
    return this.resumed + this.explained + this.failed;
  }

  get outcome(): BatchOutcome {
    const { resumed, explained, failed, usd } = this;
    return { resumed, explained, failed, left: this.options.inputs.length - this.done, usd };
  }

  async take(input: BatchInput, slot: () => Promise<void>): Promise<void> {
    const { journal } = this.options;
    const digest = await input.stamp().catch((error: unknown) => failedRecord(input, '', error));
    if (typeof digest !== 'string') return this.enter(digest);
    if (journal.known.has(keyOf({ name: input.name, digest }))) {
      this.resumed++;
      return;
    }
    const record = await this.recordOf(input, digest, slot);
    if (record) await this.enter(record);
  }

  private async enter(record: BatchRecord): Promise<void> {
    await this.write(record);
    if (isFailed(record)) this.failed++;
    else {
      this.explained++;
      this.usd += record.run.usd ?? 0;
    }
  }

  /** Explains an input; undefined where it would exceed the limit of cost. */
  private async recordOf(
    input: BatchInput,
    digest: string,
    slot: () => Promise<void>,
  ): Promise<BatchRecord | undefined> {
    const { runner, maxCost } = this.options;
    try {
      const price = (await this.patiently(async () => runner.price?.(input))) ?? 0;
      if (maxCost !== undefined && this.usd + this.reserved + price > maxCost) {
        this.isSpent = true;
        return undefined;
      }
      this.reserved += price;
      await slot();
      return await this.patiently(() => runner.explain(input, digest)).finally(() => {
        this.reserved -= price;
      });
    } catch (error) {
      return failedRecord(input, digest, error);
    }
  }

  /** Tries again while failures pass and the patience lasts. */
  private async patiently<T>(work: () => Promise<T>): Promise<T> {
    const end = Date.now() + 1000 * this.options.patience;
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, MAX_WAIT_MS)) {
      try {
        return await work();
      } catch (error) {
        if (!WhylightError.is(error) || !PASSING_CODES.has(error.code) || Date.now() + wait > end) throw error;
      }
      await sleep(wait);
    }
  }

  /** Writes one record after the other: lines of several must not mix. */
  private write(record: BatchRecord): Promise<void> {
    this.writing = this.writing.then(() => this.options.journal.add(record));
    return this.writing;
  }
}

/** Makes the record of an input that failed. @throws the error where other inputs would fail as well */
function failedRecord({ name }: BatchInput, digest: string, error: unknown): FailedRecord {
  if (!WhylightError.is(error) || FATAL.has(error.code) || PASSING_CODES.has(error.code)) throw error;
  return { name, digest, error: { code: error.code, message: error.message } };
}

async function spentIn(journal: Journal<BatchRecord>): Promise<number> {
  let usd = 0;
  for await (const record of journal.records()) usd += isFailed(record) ? 0 : (record.run.usd ?? 0);
  return usd;
}

/** Returns a function that waits for its turn, so that at most `rate` of them begin in a second. */
function rateLimit(rate: number | undefined): () => Promise<void> {
  if (rate === undefined) return async () => {};
  let free = 0;
  return async () => {
    const now = performance.now();
    const turn = Math.max(now, free);
    free = turn + 1000 / rate;
    if (turn > now) await sleep(turn - now);
  };
}
