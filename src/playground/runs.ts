/** Predictions and explanations of the input, at the server or in the page. */
import { batch } from '@preact/signals';
import type { Answer } from './answer.ts';
import type { Hooks, ModelInfo, Question } from './api.ts';
import type { PredictionOfInput } from './browser/answer.ts';
import { type BrowserModel, type InBrowser, inBrowser, stopBrowser } from './browser/client.ts';
import { asFailure, guarded } from './guarded.ts';
import type { Input } from './input.ts';
import { ownFiles } from './own-files.ts';
import { AUTO } from './recommended.ts';
import * as state from './state.ts';

/** Explanations that are computed at the same time; more would only wait at the server. */
const AT_ONCE = 2;

let runs = new AbortController();
let questions = new AbortController();

/** Asks the model about the input, then explains its first answer. */
export async function predict(): Promise<void> {
  const { value: input } = state.input;
  const { value: model } = state.model;
  if (!input || !model || input.kind !== state.kind.value) return;
  questions.abort();
  questions = new AbortController();
  const { signal } = questions;
  state.predicting.value = true;
  await guarded(async () => {
    const found = await predictionOf(input, signal).finally(() => {
      if (!signal.aborted) state.predicting.value = false;
    });
    if (signal.aborted) return;
    batch(() => show(found));
    await explain();
  }, predict);
}

function show({ scores, predictions }: PredictionOfInput): void {
  state.scores.value = scores;
  state.predictions.value = predictions;
  const [first] = state.ranking.value;
  if (first) {
    state.spoken.value = `The model sees ${first.label}, ${Math.round(first.probability * 100)} percent.`;
    if (state.targets.value.length === 0) state.targets.value = [String(first.index)];
  } else if (predictions) {
    const count = predictions.length;
    state.spoken.value = count === 0 ? 'The model found nothing.' : `The model found ${state.predictionWords(0)}.`;
    if (state.targets.value.length === 0 && count > 0) state.targets.value = ['box:0'];
  }
}

/** Answer of the model to an input, or to a changed copy of it. */
export async function predictionOf(
  input: Pick<Input, 'blob' | 'extension'>,
  signal: AbortSignal,
): Promise<PredictionOfInput> {
  const model = modelInUse();
  if (state.runsAt.value === 'browser') return inPage(model).predict(input);
  const api = state.api.value;
  if (state.classifies.value) return { scores: await api.scores(model, input.blob, signal) };
  const question: Question = { model: model.name, method: AUTO.id, params: {}, seed: 0 };
  return { predictions: (await api.explain(question, input.blob, { signal })).predictions };
}

function modelInUse(): ModelInfo {
  const { value } = state.model;
  if (value) return value;
  throw new Error('There is no model.');
}

/** The model as the worker takes it. */
export function inPage(model: ModelInfo): InBrowser {
  const own = model.own === undefined ? undefined : ownFiles.get(model.own);
  return inBrowser(own ?? downloaded(model));
}

/** A model of the server, with what the server said of it as its manifest. */
const downloaded = (model: ModelInfo): BrowserModel => ({
  key: model.digest,
  edits: {},
  async files() {
    const { name, versions, preprocessing, output, labels, label_offset, modalities, files = [] } = model;
    const { task } = model.facts.explained;
    const stated = { preprocessing, output, labels, label_offset, modalities };
    const manifest = { name, version: versions[0], ...(task.source === 'manifest' && { task: task.value }), ...stated };
    const read = async (path?: string): Promise<Uint8Array> => new Uint8Array(await state.api.value.file(name, path));
    const beside = await Promise.all(files.map(async (path) => [path, await read(path)] as const));
    return new Map([
      ['manifest.json', new TextEncoder().encode(JSON.stringify(manifest))],
      ['model.onnx', await read()],
      ...beside,
    ]);
  },
});

/** Computes every cell of the sheet that is not there yet. */
export async function explain(): Promise<void> {
  const { value: input } = state.input;
  if (!input || !state.isAnswered.value) return;
  const { signal } = runs;
  const waiting = [...state.missing.value];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next && !signal.aborted; next = waiting.shift()) {
      await explainCell(next.choice, next.target, input, signal);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

async function explainCell(choice: state.Choice, target: string, input: Input, signal: AbortSignal): Promise<void> {
  const name = state.cellName(choice, target);
  if (state.cells.value.has(name)) return;
  const { value: model } = state.model;
  if (!model) return;
  const started = performance.now();
  setCell(name, { state: 'running' });
  const question: Question = { model: model.name, ...choice, target, seed: state.seed.value };
  const hooks: Hooks = {
    signal,
    progress: (done, total) => changeCell(name, { done, total }),
    partial: (partial) => changeCell(name, { partial }),
  };
  try {
    const answer = await answerTo(model, question, input, hooks);
    if (signal.aborted) return;
    setCell(name, { state: 'done', answer, milliseconds: performance.now() - started });
    state.spoken.value = `${state.methodOf(choice.method)?.title ?? choice.method} for ${state.targetWords(target)} is ready.`;
  } catch (error) {
    if (!signal.aborted) setCell(name, { state: 'failed', failure: asFailure(error) });
  }
}

async function answerTo(model: ModelInfo, question: Question, input: Input, hooks: Hooks): Promise<Answer> {
  if (state.runsAt.value === 'browser') return inPage(model).explain(question, input, hooks);
  const api = state.api.value;
  const answer = await api.explain(question, input.blob, hooks);
  if (answer.features.length === 0) return answer;
  return { ...answer, drawing: await api.drawing(question, input.blob, hooks.signal) };
}

/** Computes what has failed once more. */
export async function tryAgain(): Promise<void> {
  state.cells.value = new Map([...state.cells.value].filter(([, { state }]) => state !== 'failed'));
  await explain();
}

/** Stops what is running; what is there stays. */
export function cancel(): void {
  runs.abort();
  runs = new AbortController();
  stopBrowser();
  state.cells.value = new Map([...state.cells.value].filter(([, { state }]) => state !== 'running'));
}

const setCell = (name: string, cell: state.Cell): void => {
  state.cells.value = new Map(state.cells.value).set(name, cell);
};

function changeCell(name: string, change: Partial<state.Cell>): void {
  const cell = state.cells.value.get(name);
  if (cell?.state === 'running') setCell(name, { ...cell, ...change });
}
