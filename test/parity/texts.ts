/**
 * Reads reference attributions of text classifiers: token ids and an attention mask, with the words of each sentence,
 * values by token, by word and by element of the embedding, and figures for the words that are important.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Model } from '../../src/core/model/model.ts';
import type { Inputs } from '../../src/core/tensor/rows.ts';
import { float32, type Tensor, tensor } from '../../src/core/tensor/tensor.ts';
import { type Comparison, type Example, type Recipe, skipped } from './comparison.ts';
import type { Reference } from './reference-file.ts';
import { row } from './rows.ts';
import { rankingOfWords, rationaleOf } from './text-metrics.ts';

const TOLERANCE = 1e-4;

/** Facts of a reference of texts beside its arrays. */
export interface TextFile {
  /** Array of each input of the model, by the input's name. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly pad_id: number;
  readonly mask_id: number;
}

/** Facts about an entry. */
export interface TextFields {
  readonly target?: readonly number[];
  readonly baseline?: string;
  readonly absent?: string;
  readonly n_steps?: number;
  readonly method?: string;
  readonly window?: number;
  readonly stride?: number;
  /** The only examples that have numbers. */
  readonly examples?: readonly number[];
  readonly shares?: readonly number[];
}

export interface TextSource {
  readonly reference: Reference;
  readonly file: TextFile;
  readonly load: () => Promise<Model>;
  /** Names of the inputs of token ids and of the attention mask. */
  readonly ids: string;
  readonly attention: string;
}

/** Arrays that say how the sentences are cut. */
const GIVEN = new Set(['special_tokens_mask', 'word_ids']);

/** Reasons to leave an entry out, by what its name ends with. */
const SKIPS: Readonly<Record<string, string>> = {
  delete: 'a method keeps the length of its input; metrics cut tokens out',
  attention: 'the attention mask is no explained input: it stays as it is given',
};

/** True for the JSON of a reference of texts. */
export const isTextReference = (tensors: Readonly<Record<string, unknown>>): boolean =>
  'word_ids' in tensors && 'special_tokens_mask' in tensors;

/** Every entry of the file, in its order. */
export function readTexts(reference: Reference): Comparison[] {
  const { name, path, fields } = reference;
  const file = reference.json as unknown as TextFile;
  const names = Object.keys(file.inputs);
  const ids = names.find((input) => /ids/.test(input)) as string;
  const attention = names.find((input) => /mask/.test(input)) as string;
  let model: Promise<Model> | undefined;
  const load = () => (model ??= readFile(join(dirname(path), reference.model)).then((bytes) => Model.read({ bytes })));
  const source: TextSource = { reference, file, load, ids, attention };
  const given = new Set([...Object.values(file.inputs), ...GIVEN, 'logits']);
  return Object.keys(fields)
    .filter((entry) => !given.has(entry))
    .map((entry) => {
      const own = fields[entry] as TextFields;
      if (entry === 'word_ranking') return rankingOfWords(source, entry);
      if (own.shares) return rationaleOf(source, entry, own);
      const reason = SKIPS[entry.split('_').at(-1) as string];
      if (reason !== undefined) return skipped(name, entry, reason);
      return attributionOf(source, entry, own) ?? skipped(name, entry, 'not an attribution that is known here');
    });
}

interface Form {
  readonly recipe: Recipe;
  /** One example; undefined where the file has no numbers for it. */
  readonly example: (example: number) => Omit<Example, 'target'>;
}

function attributionOf(source: TextSource, entry: string, fields: TextFields): Comparison | undefined {
  const { reference, load } = source;
  const form =
    embeddingForm(source, entry, fields) ?? wordForm(source, entry, fields) ?? occlusionForm(source, entry, fields);
  if (!form) return undefined;
  const count = reference.array(entry).dims[0] ?? 0;
  const numbers = fields.examples ?? Array.from({ length: count }, (_, i) => i);
  return {
    model: reference.name,
    entry,
    recipe: form.recipe,
    load,
    examples: async () => numbers.map((i) => ({ ...form.example(i), target: fields.target?.[i] ?? 'sum' })),
    norm: 'l2',
    tolerance: TOLERANCE,
  };
}

/** The weights of Captum's trapezoid add up to (n - 1) / n: its ends are halved, but its steps are 1 / n wide. */
const lessThanOne =
  (steps: number): Recipe['finish'] =>
  (values) =>
    values.map((value) => (value * (steps - 1)) / steps);

/** Values of each element of the embedding. */
function embeddingForm(source: TextSource, entry: string, fields: TextFields): Form | undefined {
  const { reference } = source;
  const example = (i: number) => ({
    inputs: inputsOf(source, i),
    expected: { '*': row(reference.array(entry), i) as Tensor<'float32'> },
  });
  if (entry === 'gradient_at_embedding') {
    return { recipe: { method: 'saliency', params: { absolute: false } }, example };
  }
  if (entry === 'layer_gradient_x_activation_at_embedding') return { recipe: { method: 'input_x_gradient' }, example };
  if (!entry.startsWith('layer_integrated_gradients')) return undefined;
  const everywhere = fields.baseline?.includes('everywhere') ?? true;
  return {
    recipe: {
      method: 'integrated_gradients',
      params: { n_steps: fields.n_steps, quadrature: fields.method },
      ...(fields.method === 'riemann_trapezoid' && { finish: lessThanOne(fields.n_steps ?? 1) }),
    },
    example: (i) => ({
      ...example(i),
      baselines: { [source.ids]: replacedIds(source, i, source.file.pad_id, everywhere ? 'everywhere' : 'words') },
    }),
  };
}

/** One value for each word: its tokens are one feature, what belongs to no word is one that stays as it is. */
function wordForm(source: TextSource, entry: string, { absent, baseline }: TextFields): Form | undefined {
  const method = entry.startsWith('word_shapley') ? 'shapley_exact' : 'feature_ablation';
  if (!/^word_(ablation|shapley)_|^feature_ablation_of_words$/.test(entry)) return undefined;
  const { reference, ids, file } = source;
  const id = (absent ?? baseline ?? '').includes('pad token') ? file.pad_id : file.mask_id;
  return {
    recipe: { method },
    example: (i) => {
      const words = wordsOf(source, i);
      const given = row(reference.array(entry), i).data as Float32Array;
      const byToken = entry === 'feature_ablation_of_words';
      const values = words.map((word, token) => (word < 0 ? 0 : (given[byToken ? token : word] as number)));
      return {
        inputs: inputsOf(source, i),
        params: { feature_mask: words.map((word) => word + 1) },
        baselines: { [ids]: replacedIds(source, i, id, 'words') },
        expected: { [ids]: { dims: [1, values.length], data: Float32Array.from(values) } },
      };
    },
  };
}

/** Windows of tokens over the sentence alone, without padding. */
function occlusionForm(source: TextSource, entry: string, fields: TextFields): Form | undefined {
  if (!entry.startsWith('token_occlusion_')) return undefined;
  const { window = 1, stride = 1, baseline = '' } = fields;
  const { reference, ids, attention, file } = source;
  return {
    recipe: { method: 'occlusion', params: { preset: 'captum', sliding_window_shape: [window], strides: [stride] } },
    example: (i) => {
      const whole = inputsOf(source, i);
      const length = (whole[attention] as Tensor<'int64'>).data.reduce((sum, kept) => sum + Number(kept), 0);
      const inputs = Object.fromEntries(Object.entries(whole).map(([name, own]) => [name, firstOf(own, length)]));
      const id = baseline.includes('pad') ? file.pad_id : file.mask_id;
      return {
        inputs,
        baselines: {
          [ids]: firstOf(replacedIds(source, i, id, 'everywhere'), length),
          [attention]: inputs[attention] as Tensor,
        },
        expected: {
          [ids]: firstOf(row(reference.array(entry), i), length) as Tensor<'float32'>,
        },
      };
    },
  };
}

/** One example of every input. */
export const inputsOf = ({ reference, file }: TextSource, example: number): Inputs =>
  Object.fromEntries(Object.entries(file.inputs).map(([name, array]) => [name, row(reference.array(array), example)]));

/** Number of the word of each token; -1 for special tokens and padding. */
export const wordsOf = ({ reference }: TextSource, example: number): number[] =>
  Array.from(row(reference.array('word_ids'), example).data, Number);

/** The token ids with another id in place of the words, or everywhere. */
export function replacedIds(source: TextSource, example: number, id: number, where: 'words' | 'everywhere'): Tensor {
  const { dims, data } = inputsOf(source, example)[source.ids] as Tensor<'int64'>;
  const words = wordsOf(source, example);
  return tensor(
    'int64',
    dims,
    data.map((own, i) => (where === 'everywhere' || (words[i] as number) >= 0 ? BigInt(id) : own)),
  );
}

/** The first columns of a row. */
function firstOf({ dtype, data }: Tensor, length: number): Tensor {
  return dtype === 'float32'
    ? float32([1, length], (data as Float32Array).slice(0, length))
    : tensor(dtype, [1, length], data.slice(0, length) as never);
}
