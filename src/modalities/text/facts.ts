/** Facts about a text model from the files that lie beside it in a Hugging Face folder. */
import type { Fact } from '../../core/model/description.ts';
import { isObject, type JsonObject } from './tokenizer/json.ts';
import type { Tokenizer } from './tokenizer/tokenizer.ts';

/** Special tokens by the part they play. */
export const SPECIAL_TOKENS = ['pad', 'mask', 'cls', 'sep', 'unk', 'bos', 'eos'] as const;
export type SpecialTokenName = (typeof SPECIAL_TOKENS)[number];

export interface SpecialToken {
  readonly token: string;
  readonly id: number;
}

export interface TextFacts {
  readonly specialTokens: Readonly<Partial<Record<SpecialTokenName, Fact<SpecialToken>>>>;
  /** Tokens that the model takes at most, special ones included. */
  readonly maxLength?: Fact<number>;
  readonly paddingSide: Fact<'left' | 'right'>;
  readonly lowercase?: Fact<boolean>;
  /** Position of the first token: 0, or behind the padding id for models that count as RoBERTa does. */
  readonly firstPosition: Fact<number>;
  readonly typeVocabularySize?: Fact<number>;
  /** Names of the classes, in order. */
  readonly labels?: Fact<readonly string[]>;
  /** `single_label_classification`, `multi_label_classification`, `regression`. */
  readonly problemType?: Fact<string>;
}

/** Parsed contents; each is left out where there is no such file. */
export interface TextFiles {
  readonly tokenizerConfig?: unknown;
  readonly specialTokensMap?: unknown;
  readonly config?: unknown;
}

/** Values above this stand for "no limit": the library writes 10^30. */
const NO_LIMIT = 1_000_000;

/** Models whose position embeddings begin behind the id of the padding token, of which they leave as many unused. */
const COUNT_BEHIND_PADDING =
  /^(xlm-)?roberta|^camembert|^longformer|^data2vec-text|^mpnet|^xmod|^lilt|^markuplm|^layoutlmv3|^ibert|^luke|^esm/;

/** Tokens that have a meaning by their spelling, where no file names one. */
const USUAL_SPELLINGS: Readonly<Record<SpecialTokenName, readonly string[]>> = {
  pad: ['[PAD]', '<pad>', '<PAD>'],
  mask: ['[MASK]', '<mask>'],
  cls: ['[CLS]'],
  sep: ['[SEP]'],
  unk: ['[UNK]', '<unk>', '<UNK>'],
  bos: ['<s>'],
  eos: ['</s>'],
};

export function readTextFacts(files: TextFiles, tokenizer: Tokenizer): TextFacts {
  const config = objectOf(files.config);
  const tokenizerConfig = objectOf(files.tokenizerConfig);
  const specialTokens = readSpecialTokens(files, tokenizer);
  const labels = readLabels(config);
  const side = tokenizerConfig.padding_side;
  const firstPosition = readFirstPosition(config, specialTokens.pad?.value.id);
  return {
    specialTokens,
    maxLength: readMaxLength(config, tokenizerConfig, tokenizer, firstPosition.value),
    paddingSide:
      side === 'left' || side === 'right'
        ? { value: side, source: 'file:tokenizer_config.json' }
        : { value: 'right', source: 'default' },
    lowercase: factOf(tokenizerConfig.do_lower_case, isBoolean, 'file:tokenizer_config.json'),
    firstPosition,
    typeVocabularySize: factOf(config.type_vocab_size, isCount, 'file:config.json'),
    ...(labels && { labels }),
    problemType: factOf(config.problem_type, isString, 'file:config.json'),
  };
}

const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {});
const isString = (value: unknown): value is string => typeof value === 'string';
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;

function factOf<T>(
  value: unknown,
  test: (value: unknown) => value is T,
  source: `file:${string}`,
): Fact<T> | undefined {
  return test(value) ? { value, source } : undefined;
}

function readSpecialTokens(files: TextFiles, tokenizer: Tokenizer): TextFacts['specialTokens'] {
  const found = SPECIAL_TOKENS.flatMap((name) => {
    const fact = readSpecialToken(name, files, tokenizer);
    return fact ? [[name, fact] as const] : [];
  });
  return Object.fromEntries(found);
}

/** From special_tokens_map.json, tokenizer_config.json, the id in config.json, or the usual spelling. */
function readSpecialToken(
  name: SpecialTokenName,
  files: TextFiles,
  tokenizer: Tokenizer,
): Fact<SpecialToken> | undefined {
  for (const [file, json] of [
    ['special_tokens_map.json', files.specialTokensMap],
    ['tokenizer_config.json', files.tokenizerConfig],
  ] as const) {
    const entry = objectOf(json)[`${name}_token`];
    const token = isObject(entry) ? entry.content : entry;
    const id = isString(token) ? tokenizer.idOf(token) : undefined;
    if (isString(token) && id !== undefined) return { value: { token, id }, source: `file:${file}` };
  }
  const id = objectOf(files.config)[`${name}_token_id`];
  const named = isCount(id) ? tokenizer.tokenOf(id) : undefined;
  if (isCount(id) && named !== undefined) return { value: { token: named, id }, source: 'file:config.json' };
  for (const token of USUAL_SPELLINGS[name]) {
    const usual = tokenizer.idOf(token);
    if (usual !== undefined) return { value: { token, id: usual }, source: 'file:tokenizer.json' };
  }
  return undefined;
}

function readFirstPosition(config: JsonObject, pad: number | undefined): Fact<number> {
  const type = config.model_type;
  if (!isString(type) || !COUNT_BEHIND_PADDING.test(type)) return { value: 0, source: 'default' };
  const id = isCount(config.pad_token_id) ? config.pad_token_id : (pad ?? 1);
  return { value: id + 1, source: 'file:config.json' };
}

/** The least of what the position embeddings, tokenizer_config.json and the truncation of tokenizer.json allow. */
function readMaxLength(
  config: JsonObject,
  tokenizerConfig: JsonObject,
  tokenizer: Tokenizer,
  firstPosition: number,
): Fact<number> | undefined {
  // T5 has relative positions: its n_positions is the length it was trained with.
  const relative = isString(config.model_type) && /t5$|^xlnet|^deberta$/.test(config.model_type);
  const positions = relative ? undefined : (config.max_position_embeddings ?? config.n_positions);
  const limits: [unknown, Fact<number>['source']][] = [
    [isCount(positions) ? positions - firstPosition : undefined, 'file:config.json'],
    [tokenizerConfig.model_max_length, 'file:tokenizer_config.json'],
    [tokenizer.truncation?.maxLength, 'file:tokenizer.json'],
  ];
  let least: Fact<number> | undefined;
  for (const [value, source] of limits) {
    if (typeof value !== 'number' || !(value > 0) || value > NO_LIMIT) continue;
    if (!least || value < least.value) least = { value, source };
  }
  return least;
}

/** `id2label` in order of its numbers; undefined where it has gaps. */
function readLabels({ id2label }: JsonObject): Fact<readonly string[]> | undefined {
  if (!isObject(id2label)) return undefined;
  const count = Object.keys(id2label).length;
  const names = Array.from({ length: count }, (_, i) => id2label[String(i)]);
  return count > 0 && names.every(isString) ? { value: names, source: 'file:config.json' } : undefined;
}
