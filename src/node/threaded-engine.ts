/**
 * onnxruntime-node in a thread of its own. Its runs block the thread that asks for them: a server could neither answer nor
 * make the next rows meanwhile.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Engine, Session, Tensors } from '../core/engine/engine.ts';
import { releasedFailure } from '../core/engine/onnxruntime-errors.ts';
import { WhylightError } from '../core/errors.ts';
import type { ModelBytes } from '../core/onnx/model-bytes.ts';
import type { Tensor } from '../core/tensor/tensor.ts';
import type { Answered, Asked, Call, Results } from './engine-protocol.ts';
import { type NodeEngineOptions, onnxruntimeNode } from './onnxruntime-node.ts';
import { errorOf } from './thread-failure.ts';

/** The file of the thread lies beside this one, in TypeScript here and in JavaScript in the package. */
const THREAD = new URL(`./engine-thread${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url);

/**
 * The engine, with a processor left for the thread that makes its rows where there are more than two.
 * @throws WhylightError from its methods, as {@link onnxruntimeNode}; `engine_failure` once the thread has ended
 */
export function threadedEngine(given: NodeEngineOptions = {}): Engine & { close(): Promise<void> } {
  const cores = availableParallelism();
  const { threads = cores > 2 ? cores - 1 : cores, providers = ['cpu'] } = given;
  const options = { threads, providers };
  const thread = new EngineThread();
  return {
    // What is known of it without a run.
    ...onnxruntimeNode(options),
    // Two that want the same processor wait for each other: MobileNetV2 then loses twice the time that is won.
    runsInBackground: threads < cores || providers[0] !== 'cpu',
    async load(model: ModelBytes): Promise<Session> {
      const session = await thread.ask({ kind: 'load', model, options });
      const shared = new SharedRooms();
      let released: Promise<void> | undefined;
      return {
        async run(feeds: Tensors, fetches?: readonly string[]): Promise<Tensors> {
          if (released) throw releasedFailure();
          const room = shared.take(feeds);
          try {
            return await thread.ask({ kind: 'run', session, feeds: room.feeds, ...(fetches && { fetches }) });
          } finally {
            shared.giveBack(room.memory);
          }
        },
        release() {
          released ??= thread.ask({ kind: 'release', session });
          return released;
        },
      };
    },
    collect: () => thread.ask({ kind: 'collect' }),
    close: () => thread.close(),
  };
}

interface Waiting {
  resolve(result: never): void;
  reject(error: unknown): void;
}

class EngineThread {
  private readonly worker = new Worker(THREAD);
  private readonly waiting = new Map<number, Waiting>();
  private readonly running = new Set<Promise<unknown>>();
  private asked = 0;
  private ended: WhylightError | undefined;

  constructor() {
    // It keeps the process from ending only while something is asked of it.
    this.worker.unref();
    this.worker.on('message', (answered: Answered) => this.hear(answered));
    this.worker.on('error', (cause) => this.end(`The engine's thread failed: ${cause}`, cause));
    this.worker.on('exit', (code) => this.end(`The engine's thread ended with code ${code}.`));
  }

  ask<C extends Call>(call: C): Promise<Results[C['kind']]> {
    if (this.ended) return Promise.reject(this.ended);
    const id = ++this.asked;
    const run = new Promise<Results[C['kind']]>((resolve, reject) => {
      if (this.waiting.size === 0) this.worker.ref();
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, call } satisfies Asked);
    });
    this.running.add(run);
    const over = () => void this.running.delete(run);
    run.then(over, over);
    return run;
  }

  /** Takes nothing more, and waits for what runs: native code that is cut off takes the process with it. */
  async close(): Promise<void> {
    this.ended ??= new WhylightError('engine_failure', "The engine's thread ended: it was closed. Make another one.");
    await Promise.allSettled(this.running);
    await this.worker.terminate();
  }

  private hear(answered: Answered): void {
    const { resolve, reject } = this.waiting.get(answered.id) as Waiting;
    this.waiting.delete(answered.id);
    if (this.waiting.size === 0) this.worker.unref();
    if ('failure' in answered) reject(errorOf(answered.failure));
    else resolve(answered.result as never);
  }

  private end(message: string, cause?: unknown): void {
    this.ended ??= new WhylightError('engine_failure', `${message} Start the process again.`, {}, { cause });
    for (const { reject } of this.waiting.values()) reject(this.ended);
    this.waiting.clear();
  }
}

/** Memory that both threads see, used again and again: to copy rows into it costs less than to hand new arrays over. */
class SharedRooms {
  private readonly free: SharedArrayBuffer[] = [];

  /** The tensors, copied. */
  take(feeds: Tensors): { readonly feeds: Tensors; readonly memory: SharedArrayBuffer } {
    const size = Object.values(feeds).reduce((sum, { data }) => sum + aligned(data.byteLength), 0);
    const fitting = this.free.findIndex(({ byteLength }) => byteLength >= size && byteLength <= 2 * size);
    const [memory = new SharedArrayBuffer(size)] = fitting < 0 ? [] : this.free.splice(fitting, 1);
    let offset = 0;
    const copied = Object.entries(feeds).map(([name, tensor]): [string, Tensor] => {
      const { data } = tensor;
      const View = data.constructor as new (memory: SharedArrayBuffer, offset: number, length: number) => typeof data;
      const copy = new View(memory, offset, data.length);
      copy.set(data as never);
      offset += aligned(data.byteLength);
      return [name, { ...tensor, data: copy } as Tensor];
    });
    return { feeds: Object.fromEntries(copied), memory };
  }

  giveBack(memory: SharedArrayBuffer): void {
    this.free.push(memory);
    if (this.free.length > MAX_FREE) this.free.shift();
  }
}

/** As many as are in use when portions are made ahead. */
const MAX_FREE = 2;

/** Rounds up to the alignment of every dtype. */
const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;
