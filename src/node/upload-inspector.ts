/** Inspection of uploads at an origin: in a thread of its own, one at a time, bounded in time and memory. */
import { Worker } from 'node:worker_threads';
import { WhylightError } from '../core/errors.ts';
import type { MemoryPool } from '../core/memory-pool.ts';
import type { BundleFiles } from '../edge/models/model-bundle.ts';
import type { UploadReport } from '../edge/models/upload-report.ts';
import { Admission } from './admission.ts';
import {
  type AnsweredInspection,
  type AskedInspection,
  ENGINE_MIB,
  type InspectionMessage,
} from './inspection-protocol.ts';
import { errorOf } from './thread-failure.ts';
import type { UploadedModels } from './uploaded-models.ts';

/** The file of the thread lies beside this one, in TypeScript here and in JavaScript in the package. */
const THREAD = new URL(`./inspect-thread${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url);
const MIB = 2 ** 20;
/** Heap of the thread in MiB; the bytes of files and constants are outside of it. */
const HEAP_MIB = 256;
/** Bytes that an inspection takes at most: files with their constants, and the heap of the thread or its engine. */
const INSPECTION_BYTES = (64 + ENGINE_MIB) * MIB;
/** Milliseconds that an inspection may take. */
const MAX_MS = 60_000;
/** Milliseconds that the run on a row of zeros may take of these. */
const TRIAL_MS = 20_000;
/** Milliseconds without an inspection after which the thread ends. */
const IDLE_MS = 30_000;

export interface UploadInspectorOptions {
  readonly uploads: UploadedModels;
  /** Maximum number of uploads that wait for their turn. */
  readonly waiting: number;
  /** Returns false once the server is shutting down. */
  readonly accepting: () => boolean;
  /** Memory that inspections share with models, sessions and bodies. */
  readonly pool?: MemoryPool;
  /** Milliseconds that the run on a row of zeros may take; 20 seconds when left out. */
  readonly trialMs?: number;
}

export class UploadInspector {
  private readonly options: UploadInspectorOptions;
  private readonly admission: Admission;
  private readonly thread: InspectionThread;

  constructor(options: UploadInspectorOptions) {
    this.options = options;
    this.thread = new InspectionThread(options.trialMs ?? TRIAL_MS);
    this.admission = new Admission({ maxRunning: 1, maxWaiting: options.waiting });
  }

  /**
   * Makes the inspection of a model, which begins when it is its turn.
   * @throws WhylightError `model_needed`, `overloaded`
   */
  prepare(name: string, files: BundleFiles): (signal: AbortSignal) => Promise<UploadReport> {
    const { uploads, accepting } = this.options;
    uploads.check(files);
    if (!accepting()) {
      throw new WhylightError('overloaded', 'The server is shutting down. Try again later.', { retry_after: 1 });
    }
    const inTurn = this.admission.reserve();
    return (signal) => inTurn(() => this.inspect(name, files, signal));
  }

  private async inspect(name: string, files: BundleFiles, signal: AbortSignal): Promise<UploadReport> {
    const { uploads, pool } = this.options;
    if (signal.aborted) throw endOf(signal);
    const release = await pool?.reserve('inspections', INSPECTION_BYTES);
    try {
      const contents = await uploads.contents(files);
      const byPath = Object.entries(files).map(([path, sha256]) => [path, contents.get(sha256)] as const);
      return await this.thread.ask({ name, files: new Map(byPath as [string, Uint8Array][]) }, signal);
    } finally {
      release?.();
    }
  }
}

/** Thread that is started when it is needed, and ended when it is idle, or when an inspection has to stop. */
class InspectionThread {
  private worker: Worker | undefined;
  private idle: NodeJS.Timeout | undefined;
  private readonly trialMs: number;

  constructor(trialMs: number) {
    this.trialMs = trialMs;
  }

  /** Asks for one inspection; the caller waits for it before the next. @throws WhylightError */
  async ask(asked: AskedInspection, signal: AbortSignal): Promise<UploadReport> {
    // An event that has passed is not heard any more.
    if (signal.aborted) throw endOf(signal);
    clearTimeout(this.idle);
    this.worker ??= new Worker(THREAD, { resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB } });
    const { worker } = this;
    worker.ref();
    try {
      const answered = await answerOf(worker, asked, { signal, trialMs: this.trialMs });
      if ('report' in answered) return answered.report;
      throw errorOf(answered.failure);
    } catch (error) {
      if (error instanceof Stopped) {
        this.worker = undefined;
        await worker.terminate();
        throw error.error;
      }
      throw error;
    } finally {
      worker.unref();
      this.idle = setTimeout(() => this.end(), IDLE_MS).unref();
    }
  }

  private end(): void {
    void this.worker?.terminate();
    this.worker = undefined;
  }
}

/** End of a thread before it has answered. */
class Stopped extends Error {
  override readonly name = 'Stopped';
  readonly error: WhylightError;

  constructor(error: WhylightError) {
    super(error.message);
    this.error = error;
  }
}

/** @throws Stopped when the thread has to end, or has ended */
function answerOf(
  worker: Worker,
  asked: AskedInspection,
  { signal, trialMs }: { readonly signal: AbortSignal; readonly trialMs: number },
): Promise<AnsweredInspection> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      clearTimeout(trial);
      signal.removeEventListener('abort', aborted);
      worker.off('message', answered).off('error', failed).off('exit', exited);
      act();
    };
    const stop = (error: WhylightError): void => settle(() => reject(new Stopped(error)));
    let trial: NodeJS.Timeout | undefined;
    const answered = (message: InspectionMessage): void => {
      if ('trial' in message) trial = setTimeout(() => stop(endless(trialMs)), trialMs);
      // An engine that ran out of memory, for one, is not to be used for the next model.
      else if (trial && 'failure' in message) stop(errorOf(message.failure));
      else settle(() => resolve(message));
    };
    const aborted = (): void => stop(endOf(signal));
    const failed = (error: Error & { readonly code?: string }): void =>
      stop(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooLarge(`${HEAP_MIB} MiB of memory`) : broken(error));
    const exited = (): void => stop(broken());
    const timer = setTimeout(() => stop(tooLarge(`${MAX_MS / 1000} s`)), MAX_MS);
    signal.addEventListener('abort', aborted);
    worker.on('message', answered).on('error', failed).on('exit', exited);
    worker.postMessage(asked);
  });
}

const tooLarge = (allowed: string): WhylightError =>
  new WhylightError(
    'payload_too_large',
    `The inspection of the model takes more than ${allowed}: use a smaller model.`,
    {},
  );

const endless = (allowed: number): WhylightError =>
  new WhylightError(
    'invalid_model',
    `The model did not finish within ${allowed / 1000} s on one row of zeros, the longest that an upload may take: use a smaller model, or smaller trip counts of its loops.`,
    { max_milliseconds: allowed },
  );

const broken = (cause?: Error): WhylightError =>
  new WhylightError('internal', 'The thread that inspects uploads has ended.', {}, { cause });

/** Error of work whose signal is aborted. */
const endOf = ({ reason }: AbortSignal): WhylightError =>
  WhylightError.is(reason) ? reason : new WhylightError('aborted', 'The client has left.', {}, { cause: reason });
