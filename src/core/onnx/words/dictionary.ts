/** Words of a model as whole numbers: texts in inputs, constants and encoders are read as codes of one dictionary. */

/** Code of a word that the model does not know. */
export const UNKNOWN_WORD = -1;

/** Coding of an input of words: one word for each element, or the words of a text, one behind the other. */
export interface WordInput {
  /** Word of each code, from 0 on; {@link UNKNOWN_WORD} stands for all others. */
  readonly words: readonly string[];
  /** Steps that cut a text into words, for an input that takes texts. */
  readonly split?: TextSplit;
}

/** Cutting of a text into words, as StringNormalizer and Tokenizer do it. */
export interface TextSplit {
  readonly letterCase: 'LOWER' | 'NONE';
  /** Regular expression that each word matches; absent where separators part the words. */
  readonly pattern?: string;
  /** Texts between words; an empty one parts the text into characters. */
  readonly separators: readonly string[];
}

/** Codes that are given out while a file is read. */
export class Dictionary {
  /** Names of inputs and constants that hold words. */
  readonly holders = new Set<string>();
  private readonly codes = new Map<string, number>();

  get words(): readonly string[] {
    return [...this.codes.keys()];
  }

  /** Code of a word; a new word gets the next number. */
  codeOf(word: string): number {
    const known = this.codes.get(word);
    if (known !== undefined) return known;
    const code = this.codes.size;
    this.codes.set(word, code);
    return code;
  }
}
