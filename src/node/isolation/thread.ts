/** One thread with a method, seen from the server. */
import { Worker } from 'node:worker_threads';
import { WhylightError } from '../../core/errors.ts';
import type { IsolateCall } from '../../core/isolation/isolated-method.ts';
import { buffersIn } from '../../core/isolation/packed.ts';
import type { Reply } from '../../core/isolation/protocol.ts';
import type { FromThread, ThreadData, ToThread } from './thread-protocol.ts';

/** The file of the thread lies beside this one, in TypeScript here and in JavaScript in the package. */
const THREAD = new URL(`./method-thread${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url);

const MIB = 2 ** 20;
/** Bytes of objects and of tensors that a thread may hold. */
const MAX_BYTES = 256 * MIB;
/** Milliseconds between two looks at the memory of a thread that runs. */
const LOOK_MS = 100;
/** Milliseconds to end by itself, for a method whose call was refused or given up. */
const GRACE_MS = 250;

/** Thread that answers one call at a time, and is ended by a method that does not. */
export class MethodThread {
  private readonly worker: Worker;
  private readonly id: string;
  private current: { readonly call: IsolateCall; end(result: { reply: Reply } | { error: Error }): void } | undefined;
  /** Reason why the thread has ended. */
  private over: string | undefined;

  /** @param id of the method, for messages */
  constructor(id: string, data: ThreadData) {
    this.id = id;
    this.worker = new Worker(THREAD, {
      workerData: data,
      // Secrets of the server are none of the method's business.
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: MAX_BYTES / MIB, stackSizeMb: 4 },
    });
    // An idle thread does not keep the process from ending.
    this.worker.unref();
    this.worker.on('message', (message: FromThread) => this.hear(message));
    this.worker.on('error', (error) => this.ended(`an error was not caught: ${error}`));
    this.worker.on('exit', (code) => this.ended(`it ended its thread with code ${code}`));
  }

  /** True for a thread that takes no more calls. */
  get isOver(): boolean {
    return this.over !== undefined;
  }

  /** @throws WhylightError `method_failed` where the thread ends before the reply */
  async call(call: IsolateCall): Promise<Reply> {
    const { signal, limitMs } = call;
    let stops: (() => void)[] = [];
    const giveUp = (): void => {
      this.say({ kind: 'abort' });
      this.endAfter(GRACE_MS, 'it went on after its caller had given up');
    };
    try {
      return await new Promise<Reply>((resolve, reject) => {
        const end = (result: { reply: Reply } | { error: Error }): void => {
          if ('reply' in result) resolve(result.reply);
          else reject(result.error);
        };
        this.current = { call, end };
        if (this.over !== undefined) return end({ error: this.failure() });
        this.worker.ref();
        stops = [
          this.watchMemory(),
          ...(limitMs === undefined ? [] : [this.endAfter(limitMs, `it took longer than ${limitMs} ms`)]),
        ];
        signal?.addEventListener('abort', giveUp);
        if (signal?.aborted) giveUp();
        this.say({ kind: 'call', asked: { call: call.call, ...(call.model && { model: call.model }) } });
      });
    } finally {
      this.current = undefined;
      this.worker.unref();
      for (const stop of stops) stop();
      signal?.removeEventListener('abort', giveUp);
    }
  }

  /** Ends the thread. */
  end(reason: string): void {
    if (this.over !== undefined) return;
    this.ended(reason);
    void this.worker.terminate();
  }

  private say(message: ToThread, moved: ArrayBuffer[] = []): void {
    this.worker.postMessage(message, moved);
  }

  private hear(message: FromThread): void {
    const { current } = this;
    if (!current) return;
    if (message.kind === 'reply') {
      current.end({ reply: message.reply });
      return;
    }
    void current.call.answer(message.question).then((answer) => {
      if (this.current !== current || this.over !== undefined) return;
      // A refusal ends the explanation, so what goes on after it is cut off.
      if ('failure' in answer) this.endAfter(GRACE_MS, 'it went on after a refusal');
      this.say({ kind: 'answer', id: message.id, answer }, buffersIn(answer));
    });
  }

  /** Ends the thread unless the current call has ended before. */
  private endAfter(milliseconds: number, reason: string): () => void {
    const { current } = this;
    const timer = setTimeout(() => {
      if (this.current === current) this.end(reason);
    }, milliseconds);
    return () => clearTimeout(timer);
  }

  private watchMemory(): () => void {
    // Node before 22.16 limits objects alone.
    if (!this.worker.getHeapStatistics) return () => {};
    const look = async (): Promise<void> => {
      const { used_heap_size: objects, external_memory: tensors } = await this.worker.getHeapStatistics();
      if (objects + tensors > MAX_BYTES) this.end(`it holds more than ${MAX_BYTES / MIB} MiB`);
    };
    // A thread that has ended meanwhile has no memory.
    const timer = setInterval(() => void look().catch(() => {}), LOOK_MS);
    return () => clearInterval(timer);
  }

  private ended(reason: string): void {
    this.over ??= reason;
    this.current?.end({ error: this.failure() });
  }

  private failure(): WhylightError {
    const cause = new Error(`Its thread was ended: ${this.over}.`);
    return new WhylightError('method_failed', `Method "${this.id}" failed.`, { method: this.id }, { cause });
  }
}
