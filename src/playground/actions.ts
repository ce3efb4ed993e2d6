/** Actions of the page. Each changes the state, and calls the server where it must. */
import { batch } from '@preact/signals';
import { type Answer, Api, Failure, type Hooks, type Params, type Question } from './api.ts';
import { inBrowser, stopBrowser } from './browser/client.ts';
import { type ImageInput, openImage, openSample, pngOf } from './image-input.ts';
import { cover } from './occlude.ts';
import { AUTO } from './recommended.ts';
import * as state from './state.ts';

/** Explanations that are computed at the same time; more would only wait at the server. */
const AT_ONCE = 2;

let runs = new AbortController();
let predictions = new AbortController();

/** Reads what there is to choose from. */
export async function start(): Promise<void> {
  await guarded(async () => {
    const models = await state.api.value.models();
    const name = state.model.value?.name ?? state.wantedModel.value;
    const wanted = name !== undefined && models.includes(name) ? name : models[0];
    state.models.value = models;
    if (wanted !== undefined) await takeModel(wanted);
  }, start);
}

/** Reads what is known of a model, and which methods apply to it. */
async function takeModel(name: string): Promise<void> {
  const [model, methods] = await Promise.all([state.api.value.model(name), state.api.value.methods(name)]);
  batch(() => {
    state.model.value = model;
    state.methods.value = [AUTO, ...methods];
    const known = state.choices.value.filter(({ method }) => state.methodOf(method));
    state.choices.value = known.length > 0 ? known : [{ method: AUTO.id, params: {} }];
    state.edited.value = 0;
  });
}

export async function chooseModel(name: string): Promise<void> {
  await guarded(
    async () => {
      await takeModel(name);
      cancel();
      batch(() => {
        state.cells.value = new Map();
        state.scores.value = undefined;
        state.targets.value = [];
      });
      await predict();
    },
    () => chooseModel(name),
  );
}

/**
 * Asks again as somebody else. What is there stays until the server has accepted the key.
 * @throws Failure `unauthorized` for a key that the server does not know
 */
export async function useKey(key: string): Promise<void> {
  await new Api(key).models();
  cancel();
  batch(() => {
    state.key.value = key;
    state.cells.value = new Map();
  });
  await start();
  await predict();
}

export const useFile = (file: Blob, name: string): Promise<void> =>
  guarded(async () => take(await openImage(file, name)));
export const useSample = (name: string): Promise<void> =>
  guarded(
    async () => take(await openSample(name)),
    () => useSample(name),
  );

/** Explains a sample, unless an image came in the meantime. */
export const openExample = (name: string): Promise<void> =>
  guarded(async () => {
    const opened = await openSample(name);
    if (!state.input.value) await take(opened);
  });

async function take(input: ImageInput): Promise<void> {
  cancel();
  batch(() => {
    state.input.value = input;
    state.scores.value = undefined;
    state.cells.value = new Map();
    state.region.value = undefined;
    state.occluded.value = undefined;
    state.zoom.value = { scale: 1, x: 0, y: 0 };
    state.notice.value = undefined;
    // A link may have brought targets along; those of the image before mean nothing here.
    if (!restored) state.targets.value = [];
    restored = false;
  });
  await predict();
}

let restored = false;
/** The next image keeps the targets that are set. */
export const keepTargets = (): void => {
  restored = true;
};

/** Predicts the classes of the image, then explains the first. */
export async function predict(): Promise<void> {
  const { value: input } = state.input;
  const { value: model } = state.model;
  if (!input || !model?.preprocessing) return;
  predictions.abort();
  predictions = new AbortController();
  const { signal } = predictions;
  state.predicting.value = true;
  await guarded(async () => {
    const scores = await scoresOf(input.blob, signal).finally(() => {
      if (!signal.aborted) state.predicting.value = false;
    });
    if (signal.aborted) return;
    batch(() => {
      state.scores.value = scores;
      const [first] = state.ranking.value;
      if (first) {
        state.spoken.value = `The model sees ${first.label}, ${Math.round(first.probability * 100)} percent.`;
        if (state.targets.value.length === 0) state.targets.value = [String(first.index)];
      }
    });
    await explain();
  }, predict);
}

function scoresOf(blob: Blob, signal: AbortSignal): Promise<number[]> {
  const model = state.model.value as NonNullable<typeof state.model.value>;
  return state.place.value === 'browser'
    ? inBrowser(state.api.value, model).scores(blob)
    : state.api.value.scores(model, blob, signal);
}

/** Computes every cell of the sheet that is not there yet. */
export async function explain(): Promise<void> {
  const { value: input } = state.input;
  if (!input || !state.scores.value) return;
  const { signal } = runs;
  const waiting = [...state.missing.value];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next && !signal.aborted; next = waiting.shift()) {
      await explainCell(next.choice, next.target, input.blob, signal);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

async function explainCell(choice: state.Choice, target: string, blob: Blob, signal: AbortSignal): Promise<void> {
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
    const answer = await answerTo(question, blob, hooks);
    if (signal.aborted) return;
    setCell(name, { state: 'done', answer, milliseconds: performance.now() - started });
    state.spoken.value = `${state.methodOf(choice.method)?.title ?? choice.method} for ${state.targetWords(target)} is ready.`;
  } catch (error) {
    if (!signal.aborted) setCell(name, { state: 'failed', failure: asFailure(error) });
  }
}

function answerTo(question: Question, blob: Blob, hooks: Hooks): Promise<Answer> {
  if (state.place.value === 'server') return state.api.value.explain(question, blob, hooks);
  return inBrowser(state.api.value, state.model.value as NonNullable<typeof state.model.value>).explain(
    question,
    blob,
    hooks,
  );
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

export async function usePlace(place: state.Place): Promise<void> {
  cancel();
  state.place.value = place;
  await predict();
}

/** Explains this class, and only this one. */
export async function chooseTarget(target: string): Promise<void> {
  state.targets.value = [target];
  await explain();
}

/** Puts a row for this target onto the sheet, or takes it off. */
export async function toggleTarget(target: string): Promise<void> {
  const { value } = state.targets;
  const without = value.filter((one) => one !== target);
  if (without.length === value.length) state.targets.value = [...value, target];
  else if (without.length > 0) state.targets.value = without;
  await explain();
}

export async function toggleMethod(method: string): Promise<void> {
  const { value } = state.choices;
  const at = value.findIndex((choice) => choice.method === method);
  batch(() => {
    if (at < 0) {
      state.choices.value = [...value, { method, params: {} }];
      state.edited.value = value.length;
    } else if (value.length > 1) {
      state.choices.value = value.filter((_, i) => i !== at);
      state.edited.value = Math.min(state.edited.value, value.length - 2);
    }
  });
  await explain();
}

/** Changes parameters without running: that may be expensive. */
export function setParams(at: number, params: Params): void {
  state.choices.value = state.choices.value.map((choice, i) => (i === at ? { ...choice, params } : choice));
}

let measuring: ReturnType<typeof setTimeout> | undefined;

/** Covers a part of the image and asks the model again, once the rectangle rests. */
export function occlude(region: state.Rectangle | undefined): void {
  clearTimeout(measuring);
  state.region.value = region;
  const { value: input } = state.input;
  if (!region || !input || region.width < 1 || region.height < 1) {
    state.occluded.value = undefined;
    return;
  }
  measuring = setTimeout(() => {
    void guarded(async () => {
      const scores = await scoresOf(await pngOf(cover(input.image, region)), new AbortController().signal);
      if (state.region.value !== region) return;
      state.occluded.value = scores;
    });
  }, 150);
}

const setCell = (name: string, cell: state.Cell): void => {
  state.cells.value = new Map(state.cells.value).set(name, cell);
};

function changeCell(name: string, change: Partial<state.Cell>): void {
  const cell = state.cells.value.get(name);
  if (cell?.state === 'running') setCell(name, { ...cell, ...change });
}

/** @param again what to offer when it fails; nothing where another try would fail as well */
async function guarded(work: () => Promise<void>, again?: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const failure = asFailure(error);
    if (failure.code === 'aborted') return;
    batch(() => {
      state.notice.value = failure;
      state.retry.value = again;
    });
  }
}

const asFailure = (error: unknown): Failure =>
  error instanceof Failure ? error : new Failure('internal', `The page failed: ${(error as Error).message}`);
