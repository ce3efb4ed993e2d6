/** Reads the tokenizer and the facts that lie beside a model. */
import { WhylightError } from '../../core/errors.ts';
import type { ModelFiles } from '../../core/model/model-files.ts';
import type { TextSplit, WordInput } from '../../core/onnx/words/dictionary.ts';
import { readTextFacts, type TextFacts } from './facts.ts';
import type { TextSettings } from './settings.ts';
import { isObject, type JsonObject } from './tokenizer/json.ts';
import { readTokenizer, type Tokenizer } from './tokenizer/tokenizer.ts';
import { bertTokenizer, splitTokenizer, wordListTokenizer } from './vocabulary-files.ts';

export interface LoadedText {
  readonly tokenizer: Tokenizer;
  readonly facts: TextFacts;
  /** Memory that the tokenizer takes, in bytes: an estimate from the size of its file. */
  readonly bytes: number;
}

/** A vocabulary as strings and maps takes so many times the bytes of its file. */
const GROWTH = 4;

/** Loaded files by model and name; a tokenizer.json of 30,000 entries takes a tenth of a second to read. */
const loaded = new WeakMap<ModelFiles, Map<string, Promise<LoadedText>>>();

/**
 * The tokenizer and the facts of a model; read once.
 *
 * @param words words of a model that cuts texts itself
 * @throws WhylightError `invalid_config` where there is neither a tokenizer nor a vocabulary, or one cannot be read
 */
export function loadText(files: ModelFiles, settings: TextSettings, words?: WordInput): Promise<LoadedText> {
  if (words?.split && !settings.vocabulary) return Promise.resolve(textInside(words, words.split));
  const key = JSON.stringify([settings.tokenizer, settings.vocabulary]);
  const known = loaded.get(files) ?? new Map<string, Promise<LoadedText>>();
  loaded.set(files, known);
  let reading = known.get(key);
  if (!reading) {
    reading = read(files, settings);
    known.set(key, reading);
    // A failure may pass: the next request reads again.
    reading.catch(() => known.delete(key));
  }
  return reading;
}

const inside = new WeakMap<WordInput, LoadedText>();

/** The tokenizer of a model that cuts texts itself. */
function textInside(input: WordInput, split: TextSplit): LoadedText {
  const known = inside.get(input);
  if (known) return known;
  const tokenizer = splitTokenizer(input.words, split);
  const text = { tokenizer, facts: readTextFacts({}, tokenizer), bytes: 0 };
  inside.set(input, text);
  return text;
}

async function read(beside: ModelFiles, settings: TextSettings): Promise<LoadedText> {
  let size = 0;
  const files: ModelFiles = {
    async read(path) {
      const bytes = await beside.read(path);
      size += bytes?.length ?? 0;
      return bytes;
    },
  };
  const [tokenizerConfig, specialTokensMap, config] = await Promise.all(
    ['tokenizer_config.json', 'special_tokens_map.json', 'config.json'].map((path) => readJson(files, path)),
  );
  const tokenizer = await readAnyTokenizer(files, settings, isObject(tokenizerConfig) ? tokenizerConfig : {});
  const facts = readTextFacts({ tokenizerConfig, specialTokensMap, config }, tokenizer);
  return { tokenizer, facts, bytes: GROWTH * size };
}

async function readAnyTokenizer(files: ModelFiles, settings: TextSettings, config: JsonObject): Promise<Tokenizer> {
  if (settings.vocabulary) {
    const { file, ...options } = settings.vocabulary;
    const text = await readText(files, file);
    if (text !== undefined) return wordListTokenizer(text, options);
    throw new WhylightError(
      'invalid_config',
      `There is no file ${JSON.stringify(file)}, which text.vocabulary names.`,
      {
        file,
      },
    );
  }
  const json = await readJson(files, settings.tokenizer);
  if (json !== undefined) return readTokenizer(json);
  const vocabulary = await readText(files, 'vocab.txt');
  if (vocabulary !== undefined) return bertTokenizer(vocabulary, bertOptions(config));
  throw new WhylightError(
    'invalid_config',
    `There is no ${settings.tokenizer} and no vocab.txt beside the model. Put the tokenizer there, name a list of words ` +
      'as text.vocabulary in the manifest, or send token ids as a tensor.',
    { tokenizer: settings.tokenizer },
  );
}

function bertOptions({ do_lower_case, strip_accents, tokenize_chinese_chars }: JsonObject) {
  const flag = (value: unknown) => (typeof value === 'boolean' ? value : undefined);
  return {
    lowercase: flag(do_lower_case),
    stripAccents: flag(strip_accents),
    handleChineseCharacters: flag(tokenize_chinese_chars),
  };
}

async function readText(files: ModelFiles, path: string): Promise<string | undefined> {
  const bytes = await files.read(path);
  return bytes && new TextDecoder().decode(bytes);
}

async function readJson(files: ModelFiles, path: string): Promise<unknown> {
  const text = await readText(files, path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new WhylightError(
      'invalid_config',
      `${path} is no JSON: ${(cause as Error).message}. Get the file again.`,
      { path },
      { cause },
    );
  }
}
