/** Methods in dynamic Workers of their own, made by the Worker loader: no network, no bindings, memory of their own. */
import { env, RpcTarget } from 'cloudflare:workers';
import { throwIfAborted, untilAborted } from '../../../core/abort.ts';
import { messageOf, WhylightError } from '../../../core/errors.ts';
import { type Isolate, type IsolateCall, isolatedMethod } from '../../../core/isolation/isolated-method.ts';
import type { Answer, Asked, IsolatedBuild, Question, Reply } from '../../../core/isolation/protocol.ts';
import type { Method } from '../../../core/method/contract.ts';
import type { Questions } from './serve-method.ts';

/** Bindings that a loader needs: itself, and the static assets with the bundles. */
interface LoaderBindings {
  readonly LOADER?: WorkerLoader;
  readonly MODELS?: Fetcher;
}

const COMPATIBILITY_DATE = '2026-10-20';
/** Milliseconds of the processor that an explanation may take in the isolate; the engine's are the server's. */
const CPU_MS = 30_000;
const MAIN = 'method.js';

/**
 * Makes a method whose bundle is loaded in a dynamic Worker when it is first called.
 * @param read reads the bundle by its path; from the static assets when left out
 *
 * @example
 * export default createEdge({ methods: [isolatedIn(build)], models: { cifar10: 'models/cifar10' } });
 * @see docs/plugins.md
 */
export const isolatedIn = (build: IsolatedBuild, read = assetText): Method =>
  isolatedMethod(build.description, new LoadedIsolate(build, read));

async function assetText(path: string): Promise<string> {
  const { MODELS } = env as LoaderBindings;
  const response = await MODELS?.fetch(new URL(`/${path}`, 'https://assets.invalid').href);
  if (!response?.ok) throw new TypeError(`The static assets have no /${path}: build the deployment again.`);
  return response.text();
}

class LoadedIsolate implements Isolate {
  private readonly build: IsolatedBuild;
  private readonly read: (path: string) => Promise<string>;

  constructor(build: IsolatedBuild, read: (path: string) => Promise<string>) {
    this.build = build;
    this.read = read;
  }

  async call({ call, model, answer, limitMs, signal }: IsolateCall): Promise<Reply> {
    const { id } = this.build.description;
    const { LOADER } = env as LoaderBindings;
    if (!LOADER) throw missing(id);
    if (signal) throwIfAborted(signal);
    const worker = LOADER.get(`${id}-${this.build.digest}`, () => this.code());
    const entry = worker.getEntrypoint(undefined, { limits: { cpuMs: limitMs ?? CPU_MS } }) as unknown as Entry;
    try {
      const reply = entry.answer({ call, ...(model && { model }) }, new CallQuestions(answer));
      return await (signal ? untilAborted(reply, signal) : within(reply, limitMs));
    } catch (error) {
      if (WhylightError.is(error) && signal?.aborted) throw error;
      const cause = new Error(`Its isolate ended: ${messageOf(error)}`);
      throw new WhylightError('method_failed', `Method "${id}" failed.`, { method: id }, { cause });
    }
  }

  private async code(): Promise<WorkerLoaderWorkerCode> {
    return {
      compatibilityDate: COMPATIBILITY_DATE,
      mainModule: MAIN,
      modules: { [MAIN]: await this.read(this.build.script) },
      // Neither network nor bindings: all it may ask for are the operations of its context.
      globalOutbound: null,
      env: {},
    };
  }
}

interface Entry {
  answer(asked: Asked, questions: Questions): Promise<Reply>;
}

class CallQuestions extends RpcTarget implements Questions {
  private readonly answer: IsolateCall['answer'];

  constructor(answer: IsolateCall['answer']) {
    super();
    this.answer = answer;
  }

  ask(question: Question): Promise<Answer> {
    return this.answer(question);
  }
}

async function within<T>(reply: Promise<T>, limitMs = CPU_MS): Promise<T> {
  const late = scheduler.wait(limitMs).then((): never => {
    throw new TypeError(`it took longer than ${limitMs} ms`);
  });
  return Promise.race([reply, late]);
}

const missing = (id: string): WhylightError =>
  new WhylightError(
    'invalid_config',
    `The method ${id} is "isolated", and this Worker has no loader: add [[worker_loaders]] with binding = "LOADER" to wrangler.toml.`,
    { method: id, binding: 'LOADER' },
  );
