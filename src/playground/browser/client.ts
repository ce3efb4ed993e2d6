/** Explanations in the page: orders to the worker, which is made with the first of them. */
import type { Image } from '../../core/image/image.ts';
import { type Answer, answerOf, mapOf } from '../answer.ts';
import type { Hooks, MethodInfo, Question } from '../api.ts';
import { Failure } from '../failure.ts';
import type { PredictionOfInput } from './answer.ts';
import type { Edits, FrameMap, LiveMethod, Order, Report, Understood, Work, WorkerInput } from './messages.ts';

let worker: Worker | undefined;
let last = 0;
const waiting = new Map<number, Waiting>();

interface Waiting {
  readonly kind: Work['kind'];
  settle(report: Report): void;
}

/** Files of models by key: a worker that was stopped must be given them again. */
const files = new Map<string, Promise<ReadonlyMap<string, Uint8Array>>>();
const given = new Set<string>();

/** A model that the worker is to run. */
export interface BrowserModel {
  /** Identifies the files. */
  readonly key: string;
  readonly edits: Edits;
  files(): Promise<ReadonlyMap<string, Uint8Array>>;
}

export interface InBrowser {
  describe(): Promise<Understood>;
  methods(): Promise<MethodInfo[]>;
  predict(input: WorkerInput): Promise<PredictionOfInput>;
  frame(frame: Image, method: LiveMethod): Promise<FrameMap>;
  explain(question: Question, input: WorkerInput, hooks: Hooks): Promise<Answer>;
}

/** Orders for one model. They fail with a {@link Failure}, `aborted` when they are stopped. */
export const inBrowser = (model: BrowserModel): InBrowser => ({
  async describe() {
    return (await send(model, { kind: 'describe' }, 'described')).understood;
  },
  async methods() {
    return (await send(model, { kind: 'methods' }, 'methods')).methods;
  },
  predict: (input) => send(model, { kind: 'predict', input }, 'prediction'),
  async frame(frame, method) {
    return (await send(model, { kind: 'frame', frame, method }, 'framed')).framed;
  },
  async explain(question, input, { progress, partial }) {
    const { document, device, drawing } = await send(
      model,
      { kind: 'explain', input, question },
      'explanation',
      (report) => {
        if (report.kind === 'progress') progress?.(report.done, report.total);
        const map = report.kind === 'partial' ? mapOf(report.document) : undefined;
        if (map) partial?.(map);
      },
    );
    return { ...answerOf(document, 'browser'), device, ...(drawing !== undefined && { drawing }) };
  },
});

/**
 * Ends what is computed: a run of the engine can be stopped in no other way than with its worker. A model that is being
 * opened goes on.
 */
export function stopBrowser(): void {
  const runs = [...waiting].filter(([, { kind }]) => kind === 'predict' || kind === 'explain');
  if (runs.length === waiting.size) end();
  for (const [id, { settle }] of runs) settle({ id, kind: 'failure', code: 'aborted', message: 'Cancelled.' });
}

function end(): void {
  worker?.terminate();
  worker = undefined;
  given.clear();
}

type Kind = Report['kind'];

async function send<K extends Kind>(
  model: BrowserModel,
  work: Work,
  wanted: K,
  underway?: (report: Report) => void,
): Promise<Extract<Report, { kind: K }>> {
  const { key, edits } = model;
  const content = await filesOf(model);
  worker ??= start();
  const id = ++last;
  const settled = new Promise<Extract<Report, { kind: K }>>((resolve, reject) => {
    const settle = (report: Report): void => {
      const isUnderway = report.kind === 'progress' || report.kind === 'partial';
      if (!isUnderway) waiting.delete(id);
      if (isUnderway) underway?.(report);
      else if (report.kind === 'failure') reject(new Failure(report.code, report.message));
      else if (report.kind === wanted) resolve(report as Extract<Report, { kind: K }>);
      else reject(new Failure('internal', `The worker answered "${report.kind}" where "${wanted}" was asked for.`));
    };
    waiting.set(id, { kind: work.kind, settle });
  });
  const isNew = !given.has(key);
  given.add(key);
  worker.postMessage({ id, model: { key, edits, ...(isNew && { files: content }) }, ...work } satisfies Order);
  return settled;
}

function start(): Worker {
  const started = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  started.addEventListener('message', ({ data }: MessageEvent<Report>) => waiting.get(data.id)?.settle(data));
  started.addEventListener('error', ({ message }) => {
    const why = `This browser cannot run the model${message ? `: ${message}` : ''}. Run it on the server.`;
    for (const [id, { settle }] of [...waiting]) settle({ id, kind: 'failure', code: 'engine_failure', message: why });
    end();
  });
  return started;
}

function filesOf(model: BrowserModel): Promise<ReadonlyMap<string, Uint8Array>> {
  const known = files.get(model.key);
  if (known) return known;
  const content = model.files();
  files.set(model.key, content);
  // Those that failed are tried again the next time.
  content.catch(() => files.delete(model.key));
  return content;
}
