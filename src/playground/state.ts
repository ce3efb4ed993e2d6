/** Everything the page knows, as signals; what follows from it is computed. Actions that change it are in actions.ts. */
import { computed, signal } from '@preact/signals';
import type { Placement } from '../core/image/placement.ts';
import { placementOf } from '../core/image/preprocess.ts';
import { probabilitiesOf } from '../core/model/prediction.ts';
import type { Prediction } from '../core/task/task.ts';
import type { Answer, MapValues } from './answer.ts';
import { Api, type MethodInfo, type ModelInfo, type Params } from './api.ts';
import type { Edits, Understood } from './browser/messages.ts';
import type { Failure } from './failure.ts';
import { hasClasses } from './has-classes.ts';
import type { Input } from './input.ts';
import { kindOf } from './kind-of.ts';

export type Place = 'server' | 'browser';

/** A method that was chosen; parameters only where they differ from the defaults. */
export interface Choice {
  readonly method: string;
  readonly params: Params;
}

export interface Cell {
  readonly state: 'running' | 'done' | 'failed';
  readonly done?: number;
  readonly total?: number;
  /** A map that is right, but not yet precise. */
  readonly partial?: MapValues;
  readonly answer?: Answer;
  readonly failure?: Failure;
  readonly milliseconds?: number;
}

/** Options for drawing maps, as `renderOverlay` takes them. */
export interface View {
  readonly type: 'heatmap' | 'pixels' | 'outlines' | 'masked';
  readonly polarity: 'positive' | 'negative' | 'both';
  readonly colormap: string;
  readonly opacity: number;
  readonly overlay: 'original' | 'grayscale' | 'mask_black' | 'none';
  readonly clip: number;
  /** Percent of the width from which the original shows. */
  readonly swipe: number;
}

export const DEFAULT_VIEW: View = {
  type: 'heatmap',
  polarity: 'positive',
  colormap: 'auto',
  opacity: 0.7,
  overlay: 'original',
  clip: 99.9,
  swipe: 100,
};

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface OwnModel {
  readonly key: string;
  /** Contents by path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly edits: Edits;
  readonly understood: Understood;
  /** Sentence about what was guessed. */
  readonly guess?: string;
}

export const key = signal('');
export const place = signal<Place>('server');
export const models = signal<readonly string[]>([]);
/** The model that a link names. */
export const wantedModel = signal<string | undefined>(undefined);
export const model = signal<ModelInfo | undefined>(undefined);
export const methods = signal<readonly MethodInfo[]>([]);
/** Model that the user brought. */
export const own = signal<OwnModel | undefined>(undefined);
export const input = signal<Input | undefined>(undefined);
/** Score of each class; undefined while there is no prediction, and for tasks without classes. */
export const scores = signal<readonly number[] | undefined>(undefined);
/** Answers of a model whose task has no classes, best first; undefined while there are none. */
export const predictions = signal<readonly Prediction[] | undefined>(undefined);
export const choices = signal<readonly Choice[]>([]);
/** The choice whose parameters are shown. */
export const edited = signal(0);
export const targets = signal<readonly string[]>([]);
export const seed = signal(0);
export const view = signal<View>(DEFAULT_VIEW);
export const cells = signal<ReadonlyMap<string, Cell>>(new Map());
/** True from the question for a prediction to its answer. */
export const predicting = signal(false);
export const notice = signal<Failure | undefined>(undefined);
/** Work that failed with the notice, to be tried again. */
export const retry = signal<(() => Promise<void>) | undefined>(undefined);
/** Message for screen readers. */
export const spoken = signal('');

/** Position of the pointer, in pixels of the drawn image. */
export const pointer = signal<{ readonly x: number; readonly y: number } | undefined>(undefined);
export const zoom = signal({ scale: 1, x: 0, y: 0 });

/** The part of an image that is covered. */
export const occluding = signal(false);
export const region = signal<Rectangle | undefined>(undefined);
/** Scores of a changed input: an image with a covered part, a text without a word, a row with another value. */
export const changed = signal<readonly number[] | undefined>(undefined);

/** Features of a text that are left out of the changed input, by index. */
export const leftOut = signal<ReadonlySet<number>>(new Set());

export const api = computed(() => new Api(key.value));

/** Part of the drawn image that the model sees. */
export const placement = computed<Placement | undefined>(() => {
  const settings = model.value?.preprocessing;
  const { image } = input.value ?? {};
  return image && settings && placementOf(image, settings);
});

/** Classes, most likely first: by the index that targets take, and by the element of the output. */
export const ranking = computed(() => {
  const { value } = scores;
  if (!value) return [];
  const shares = probabilities(value);
  const offset = model.value?.label_offset ?? 0;
  return value
    .map((score, element) => {
      const index = element - offset;
      return { index, element, score, probability: shares[element] as number, label: labelOf(index) };
    })
    .sort((a, b) => b.score - a.score);
});

/** Kind of data that the model takes; images while there is no model. */
export const kind = computed(() => (model.value ? kindOf(model.value) : 'image'));

/** True if the model's answer is a score for each class. */
export const classifies = computed(() => hasClasses(model.value?.facts.explained.task.value ?? 'classification'));

/** Tasks with answers at places of an image, which a point chooses. */
const TASKS_OF_PLACES: readonly string[] = [
  'object_detection',
  'oriented_detection',
  'instance_segmentation',
  'pose',
  'segmentation',
  'depth',
  'image_to_image',
];

/** True if a point of the image chooses an answer. */
export const takesPoints = computed(() => TASKS_OF_PLACES.includes(model.value?.facts.explained.task.value ?? ''));

/** True once the model has answered. */
export const isAnswered = computed(() => scores.value !== undefined || predictions.value !== undefined);

/** A model of the user runs in the page. Those of the server run there where their files can be downloaded. */
export const runsAt = computed<Place>(() =>
  model.value?.own ? 'browser' : model.value?.downloadable ? place.value : 'server',
);

/** Number of the first prediction among the targets; undefined where none is. */
export const explainedNumber = computed(() => {
  const found = targets.value.map((target) => /^box:(\d+)$/.exec(target)?.[1]).find((number) => number !== undefined);
  return found === undefined ? undefined : Number(found);
});

export const running = computed(() => [...cells.value.values()].some(({ state }) => state === 'running'));

/** Names a cell by everything that its answer depends on, but for the image and the key. */
export const cellName = (choice: Choice, target: string, at: Place = runsAt.value): string =>
  JSON.stringify([at, model.value?.name, choice.method, choice.params, target, seed.value]);

/** Cells of the sheet that have not been asked for since something was changed. */
export const missing = computed(() =>
  choices.value.flatMap((choice) =>
    targets.value.filter((target) => !cells.value.has(cellName(choice, target))).map((target) => ({ choice, target })),
  ),
);

/** Name of a class; elements in front of the first class are those of a background class. */
export const labelOf = (index: number): string =>
  index < 0 ? 'background' : (model.value?.labels?.[index] ?? `class ${index}`);

/** A target in words: `cat - dog` for `3 - 5`, the name of a prediction for its number. */
export function targetWords(target: string): string {
  if (target.startsWith('point:')) return `the point ${target.slice(6).replace(',', ', ')}`;
  const [, number, point] = /^box:(\d+)(?:\/keypoint:(\d+))?$/.exec(target) ?? [];
  if (number === undefined) return classWords(target);
  return predictionWords(Number(number)) + (point === undefined ? '' : `, key point ${point}`);
}

const isVocabulary = computed(() =>
  ['next_token', 'fill_mask'].includes(model.value?.facts.explained.task.value ?? ''),
);

/** Words of the text that a prediction is about; undefined for tokens of the vocabulary, which are none of the text. */
export const ownWord = ({ word }: Pick<Prediction, 'word'>): string | undefined =>
  isVocabulary.value ? undefined : word;

/** Name of a prediction of a task without classes. */
export function predictionWords(at: number): string {
  const found = predictions.value?.[at];
  const name =
    (found && ownWord(found)) ?? found?.label ?? (found?.class === undefined ? undefined : labelOf(found.class));
  const isOne = (predictions.value?.length ?? 0) < 2;
  return name === undefined ? (isOne ? 'this value' : `prediction ${at + 1}`) : isOne ? name : `${name} (${at + 1})`;
}

const classWords = (target: string): string =>
  target.replace(/\d+/g, (index) => labelOf(Number(index))).replace(' - ', ' rather than ');

/** The answer of the other place to the same question. */
export const elsewhere = (choice: Choice, target: string): Answer | undefined =>
  cells.value.get(cellName(choice, target, runsAt.value === 'server' ? 'browser' : 'server'))?.answer;

export const hasFailed = computed(() => [...cells.value.values()].some(({ state }) => state === 'failed'));

export const methodOf = (id: string): MethodInfo | undefined => methods.value.find((method) => method.id === id);

/** The model's output as probabilities. */
export const probabilities = (output: readonly number[]): readonly number[] => [
  ...probabilitiesOf(Float32Array.from(output), model.value?.output_probability ?? 'softmax'),
];
