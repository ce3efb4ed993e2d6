/** Actions of the page. Each changes the state, and calls the server where it must. */
import { batch } from '@preact/signals';
import { Api, type MethodInfo, type ModelInfo, type Params } from './api.ts';
import { dataFile, dataSamples, openDataSample, textInput } from './data-samples.ts';
import { guarded } from './guarded.ts';
import { openImage, openSample, SAMPLES } from './image-input.ts';
import type { Input } from './input.ts';
import { kindOf } from './kind-of.ts';
import { AUTO } from './recommended.ts';
import { cancel, explain, predict } from './runs.ts';
import * as state from './state.ts';

/** Reads what there is to choose from. */
export async function start(): Promise<void> {
  await guarded(async () => {
    const models = await state.api.value.models();
    const name = state.model.value?.name ?? state.wantedModel.value;
    const wanted = name !== undefined && models.includes(name) ? name : models[0];
    state.models.value = models;
    // A model of the user may have come before those of the server were known.
    if (wanted !== undefined && !state.model.value?.own) await takeModel(wanted);
  }, start);
}

/** Reads what is known of a model of the server, and which methods apply to it. */
async function takeModel(name: string): Promise<void> {
  const [model, methods] = await Promise.all([state.api.value.model(name), state.api.value.methods(name)]);
  adopt(model, methods);
}

/** Makes this model the one that is asked. */
export function adopt(model: ModelInfo, methods: readonly MethodInfo[]): void {
  batch(() => {
    state.model.value = model;
    state.methods.value = [AUTO, ...methods];
    const known = state.choices.value.filter(({ method }) => state.methodOf(method));
    state.choices.value = known.length > 0 ? known : [{ method: AUTO.id, params: {} }];
    state.edited.value = 0;
    if (state.input.value && state.input.value.kind !== kindOf(model)) state.input.value = undefined;
  });
}

/** Forgets answers of the model before. */
export function forget(): void {
  cancel();
  batch(() => {
    state.cells.value = new Map();
    state.scores.value = undefined;
    state.predictions.value = undefined;
    state.changed.value = undefined;
    state.targets.value = [];
  });
}

export async function chooseModel(name: string): Promise<void> {
  await guarded(
    async () => {
      await takeModel(name);
      forget();
      await askOrOpen();
    },
    () => chooseModel(name),
  );
}

/** Asks the model about the input, or about its first sample where the input is of another kind. */
export async function askOrOpen(): Promise<void> {
  if (state.input.value) await predict();
  else await openExample();
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

/** Explains a file, as the kind of data that the model takes. */
export const useFile = (file: File): Promise<void> =>
  guarded(async () => {
    const { value: kind } = state.kind;
    await take(kind === 'image' ? await openImage(file, file.name) : await dataFile(kind, file));
  });

/** Explains a text, or a row as JSON. */
export const useText = (text: string): Promise<void> =>
  guarded(() => take(textInput(state.kind.value, text, state.model.value?.facts.explained.task.value)));

let opening = 0;

/** Explains a sample by its name, unless another was chosen in the meantime. */
export const useSample = (name: string): Promise<void> =>
  guarded(
    async () => {
      const turn = ++opening;
      const opened = await sampleOf(name);
      if (turn === opening) await take(opened);
    },
    () => useSample(name),
  );

/** Explains the first sample of the model, unless an input came in the meantime. */
export const openExample = (): Promise<void> =>
  guarded(async () => {
    const { value: model } = state.model;
    const name = state.kind.value === 'image' ? SAMPLES[0] : model && dataSamples(model)[0]?.name;
    if (name === undefined) return;
    const opened = await sampleOf(name);
    if (!state.input.value) await take(opened);
  });

async function sampleOf(name: string): Promise<Input> {
  const { value: model } = state.model;
  return state.kind.value === 'image' || !model ? openSample(name) : openDataSample(model, name);
}

export async function take(input: Input): Promise<void> {
  cancel();
  batch(() => {
    state.input.value = input;
    state.scores.value = undefined;
    state.predictions.value = undefined;
    state.cells.value = new Map();
    state.region.value = undefined;
    state.leftOut.value = new Set();
    state.changed.value = undefined;
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
