/** Samples of texts, tables and series: those of known models, and for any other model one that fits its input. */
import type { InputFact, ModalityId } from '../core/model/description.ts';
import { fixedLength } from '../modalities/series/axes.ts';
import type { ModelInfo } from './api.ts';
import { Failure } from './failure.ts';
import type { DataInput } from './input.ts';
import { kindOf } from './kind-of.ts';
import { asWav } from './recording.ts';
import { type Row, tableColumnsOf } from './table-columns.ts';

/** A text, a row or a series as text, or a file among the samples of the page. */
type DataSample = { readonly name: string } & ({ readonly text: string } | { readonly file: string });

/** Samples of the models that come with whylight. Their origin is in `examples/data/ORIGIN.md`. */
const KNOWN: Readonly<Record<string, readonly DataSample[]>> = {
  movie_reviews: [
    {
      name: 'mixed review',
      text: 'A moving, beautifully acted film, let down by a dull and predictable ending.',
    },
    { name: 'praise', text: 'Warm, funny and surprisingly tender: one of the best debuts of the year.' },
    { name: 'negated', text: 'It is not a bad film, but it never becomes a good one either.' },
  ],
  penguins: rows({
    Adélie: {
      island: 'Torgersen',
      bill_length_mm: 42,
      bill_depth_mm: 20.2,
      flipper_length_mm: 190,
      body_mass_g: 4250,
      sex: null,
    },
    Gentoo: {
      island: 'Biscoe',
      bill_length_mm: 43.3,
      bill_depth_mm: 13.4,
      flipper_length_mm: 209,
      body_mass_g: 4400,
      sex: 'female',
    },
    Chinstrap: {
      island: 'Dream',
      bill_length_mm: 45.4,
      bill_depth_mm: 18.7,
      flipper_length_mm: 188,
      body_mass_g: 3525,
      sex: 'female',
    },
  }),
  adult_income: rows({
    'executive, 44': {
      age: 44,
      workclass: 'Private',
      education_num: 13,
      marital_status: 'Divorced',
      occupation: 'Exec-managerial',
      relationship: 'Unmarried',
      race: 'White',
      sex: 'Female',
      capital_gain: 4934,
      capital_loss: 0,
      hours_per_week: 45,
      native_country: 'United-States',
    },
    'clerk, 34': {
      age: 34,
      workclass: 'Private',
      education_num: 10,
      marital_status: 'Never-married',
      occupation: 'Other-service',
      relationship: 'Own-child',
      race: 'Black',
      sex: 'Female',
      capital_gain: 0,
      capital_loss: 0,
      hours_per_week: 35,
      native_country: 'United-States',
    },
  }),
  speech_digits: [{ name: 'nine', file: 'nine.wav' }],
  italy_power: [
    {
      name: 'winter day',
      text: '[27.1,24.9,23.8,23.4,23.7,24.6,27.4,33.6,36.9,39.8,40.4,39.2,37.2,35.5,36.1,36.4,36.2,38.1,39.7,40.2,38,35.2,33.1,30.6]',
    },
  ],
};

function rows(named: Readonly<Record<string, Row>>): DataSample[] {
  return Object.entries(named).map(([name, row]) => ({ name, text: JSON.stringify(row) }));
}

/** Samples for a model, the first of which the page opens with; none for other models of sounds and plain tensors. */
export function dataSamples(model: ModelInfo): readonly DataSample[] {
  const known = model.own === undefined ? KNOWN[model.name] : undefined;
  if (known) return known;
  const text = (SAMPLE_OF[kindOf(model)] ?? (() => undefined))(model);
  return text === undefined ? [] : [{ name: 'made up', text }];
}

/** Samples of tasks that want a text of a certain form. */
const TEXT_OF: Readonly<Record<string, string>> = {
  question_answering: 'Where does the cat sleep?\nThe dog guards the door, and the cat sleeps under the old table.',
  fill_mask: 'A moving, beautifully acted [MASK], let down by a dull ending.',
};

const SAMPLE_OF: Readonly<Partial<Record<ModalityId, (model: ModelInfo) => string | undefined>>> = {
  text: ({ facts }) =>
    TEXT_OF[facts.explained.task.value] ??
    'A moving, beautifully acted film, let down by a dull and predictable ending.',
  tabular: (model) => {
    const columns = tableColumnsOf(model);
    const cells = columns.map(({ name, categories }) => [name, categories?.[0] ?? 0] as const);
    return JSON.stringify(
      columns.every(({ named }) => named) ? Object.fromEntries(cells) : cells.map(([, cell]) => cell),
    );
  },
  series: ({ facts }) => {
    const input = facts.inputs.find(({ role }) => role.value === 'explained');
    return input && JSON.stringify(wave(input));
  },
};

/** Steps of a series whose length the model leaves open. */
const STEPS = 64;

/** A sine of four periods in every channel. */
function wave(input: InputFact): (number | number[])[] {
  const steps = fixedLength(input, 'T') ?? STEPS;
  const channels = input.layout.value.includes('C') ? (fixedLength(input, 'C') ?? 1) : 1;
  const at = (step: number): number => Number(Math.sin((8 * Math.PI * step) / steps).toFixed(3));
  return Array.from({ length: steps }, (_, step) =>
    channels === 1 ? at(step) : new Array<number>(channels).fill(at(step)),
  );
}

/** Makes the input of a sample. @throws Failure `not_found` */
export async function openDataSample(model: ModelInfo, name: string): Promise<DataInput> {
  const sample = dataSamples(model).find((one) => one.name === name);
  if (!sample)
    throw new Failure('not_found', `There is no sample "${name}" for ${model.name}. Choose one of the list.`);
  if ('file' in sample) return { ...(await fileSample(kindOf(model), sample.file)), sample: sample.name };
  return {
    ...textInput(kindOf(model), sample.text, model.facts.explained.task.value),
    name: sample.name,
    sample: sample.name,
  };
}

/** @throws Failure `not_found` */
async function fileSample(kind: ModalityId, name: string): Promise<DataInput> {
  const response = await fetch(`./playground/samples/${name}`);
  if (!response.ok) throw new Failure('not_found', `The sample ${name} is not there (${response.status}).`);
  return dataFile(kind, new File([await response.blob()], name));
}

/** Makes an input of a text, of a question and a text on the lines below it, or of the JSON of a row or a series. */
export function textInput(kind: ModalityId, text: string, task?: string): DataInput {
  const isText = kind === 'text';
  const [, question, context] = (task === 'question_answering' && /^(.+)\n([\s\S]+)$/.exec(text)) || [];
  if (context !== undefined) {
    const blob = new Blob([JSON.stringify({ question, context })], { type: 'application/json' });
    return { kind, text, name: 'question', extension: 'json', blob };
  }
  return {
    kind,
    text,
    name: isText ? 'text' : 'row',
    extension: isText ? 'txt' : 'json',
    blob: new Blob([text], { type: isText ? 'text/plain' : 'application/json' }),
  };
}

const TYPES: Readonly<Record<string, string>> = {
  txt: 'text/plain',
  csv: 'text/csv',
  json: 'application/json',
  tsv: 'text/tab-separated-values',
  wav: 'audio/wav',
  wave: 'audio/wav',
  npy: 'application/x-npy',
  npz: 'application/x-npz',
};

/** Makes an input of a file. @throws Failure `unsupported_media_type` */
export async function dataFile(kind: ModalityId, given: File): Promise<DataInput> {
  const file = kind === 'audio' ? await asWav(given) : given;
  const extension = /\.(\w+)$/.exec(file.name)?.[1]?.toLowerCase() ?? '';
  const type = TYPES[extension];
  if (type === undefined) {
    const known = Object.keys(TYPES).map((one) => `.${one}`);
    throw new Failure('unsupported_media_type', `${file.name} cannot be read. Use a file of ${known.join(', ')}.`);
  }
  const isText = extension === 'txt' || (kind === 'tabular' && extension === 'json');
  return {
    kind,
    extension,
    name: file.name,
    blob: new Blob([file], { type }),
    ...(isText && { text: await file.text() }),
  };
}
