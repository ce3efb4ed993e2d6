/** Explanations in the page: orders to the worker, which is made with the first of them. */
import { type Answer, type Api, answerOf, Failure, type Hooks, type ModelInfo, mapOf, type Question } from '../api.ts';
import type { Order, Report } from './messages.ts';

let worker: Worker | undefined;
let last = 0;
const waiting = new Map<number, (report: Report) => void>();
/** Files of models, by digest: a worker that was stopped must be given them again. */
const files = new Map<string, Promise<ArrayBuffer>>();
const given = new Set<string>();

export interface InBrowser {
  /** The model's output, one number for each class. */
  scores(image: Blob): Promise<number[]>;
  explain(question: Question, image: Blob, hooks: Hooks): Promise<Answer>;
}

export const inBrowser = (api: Api, model: ModelInfo): InBrowser => ({
  async scores(image) {
    const report = await send(api, model, { image });
    return report.kind === 'scores' ? report.scores : [];
  },
  async explain(question, image, { progress, partial }) {
    const report = await send(api, model, { image, question }, (report) => {
      if (report.kind === 'progress') progress?.(report.done, report.total);
      if (report.kind === 'partial') partial?.(mapOf(report.document));
    });
    if (report.kind !== 'explanation')
      throw new Failure('internal', 'The worker gave another answer than was asked for.');
    return answerOf(report.document, 'browser');
  },
});

/** Ends what is computed: a run of the engine can be stopped in no other way. */
export function stopBrowser(): void {
  worker?.terminate();
  worker = undefined;
  given.clear();
  for (const [id, settle] of [...waiting]) settle({ id, kind: 'failure', code: 'aborted', message: 'Cancelled.' });
}

async function send(
  api: Api,
  model: ModelInfo,
  order: Pick<Order, 'image' | 'question'>,
  underway?: (report: Report) => void,
): Promise<Report> {
  const file = await fileOf(api, model);
  worker ??= start();
  const id = ++last;
  const settled = new Promise<Report>((resolve, reject) => {
    waiting.set(id, (report) => {
      if (report.kind === 'progress' || report.kind === 'partial') return underway?.(report);
      waiting.delete(id);
      if (report.kind === 'failure') reject(new Failure(report.code, report.message));
      else resolve(report);
    });
  });
  const isNew = !given.has(model.digest);
  given.add(model.digest);
  worker.postMessage({ id, model, ...order, ...(isNew && { file }) } satisfies Order);
  return settled;
}

function start(): Worker {
  const started = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  started.addEventListener('message', ({ data }: MessageEvent<Report>) => waiting.get(data.id)?.(data));
  started.addEventListener('error', ({ message }) => {
    const why = `This browser cannot run the model${message ? `: ${message}` : ''}. Run it on the server.`;
    for (const [id, settle] of [...waiting]) settle({ id, kind: 'failure', code: 'engine_failure', message: why });
    stopBrowser();
  });
  return started;
}

function fileOf(api: Api, model: ModelInfo): Promise<ArrayBuffer> {
  const known = files.get(model.digest);
  if (known) return known;
  const file = api.file(model.name);
  files.set(model.digest, file);
  // One that failed is tried again the next time.
  file.catch(() => files.delete(model.digest));
  return file;
}
