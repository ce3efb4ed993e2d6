/** Threads of one method, so that a call which never ends delays no other. */
import { throwIfAborted } from '../../core/abort.ts';
import type { Isolate, IsolateCall } from '../../core/isolation/isolated-method.ts';
import type { Reply } from '../../core/isolation/protocol.ts';
import { MethodThread } from './thread.ts';
import type { ThreadData } from './thread-protocol.ts';

/** Calls of one method that run at the same time. */
const MAX_THREADS = 4;
/** Threads that wait for the next call. */
const MAX_IDLE = 1;

/** Isolate of threads: each call has one of its own, and the last one stays for the next call. */
export class ThreadPool implements Isolate {
  private readonly id: string;
  private readonly data: ThreadData;
  private readonly idle: MethodThread[] = [];
  private readonly waiting: (() => void)[] = [];
  private running = 0;

  /** @param id of the method, for messages */
  constructor(id: string, data: ThreadData) {
    this.id = id;
    this.data = data;
  }

  async call(call: IsolateCall): Promise<Reply> {
    while (this.running >= MAX_THREADS) await new Promise<void>((resolve) => this.waiting.push(resolve));
    if (call.signal) throwIfAborted(call.signal);
    this.running += 1;
    const thread = this.take();
    try {
      return await thread.call(call);
    } finally {
      this.running -= 1;
      this.giveBack(thread);
      this.waiting.shift()?.();
    }
  }

  /** Ends the threads that wait. */
  close(): void {
    for (const thread of this.idle.splice(0)) thread.end('it was closed');
  }

  private take(): MethodThread {
    for (let thread = this.idle.pop(); thread; thread = this.idle.pop()) if (!thread.isOver) return thread;
    return new MethodThread(this.id, this.data);
  }

  private giveBack(thread: MethodThread): void {
    if (thread.isOver) return;
    if (this.idle.length < MAX_IDLE) this.idle.push(thread);
    else thread.end('another one is idle');
  }
}
