/** Entry of text in a manifest. */
import * as z from 'zod';
import { parseSettings } from '../../core/modality/settings.ts';

const wordList = z
  .strictObject({
    file: z.string().min(1).describe('Path beside the model: one word a line, or a word and its id.'),
    lowercase: z.boolean().default(false).describe('Whether the model was trained on lower case.'),
    separator: z.string().min(1).optional().describe('Regular expression of what lies between words; default \\s+.'),
    unknown: z.string().default('<UNKNOWN>').describe('Entry for words that the list does not have.'),
    start: z.string().optional().describe('Entry before the words of a text.'),
    end: z.string().optional().describe('Entry behind the words of a text.'),
  })
  .describe('A plain list of words, for a model without tokenizer.json.');

/** Schema of `text` in a manifest. */
export const textSettingsSchema = z
  .strictObject({
    tokenizer: z.string().min(1).default('tokenizer.json').describe('Path of the tokenizer beside the model.'),
    vocabulary: wordList.optional(),
    max_length: z.int().min(1).max(1_000_000).optional().describe('Tokens at most, special ones included.'),
    features: z.enum(['tokens', 'words', 'sentences']).default('words').describe('Pieces that get a value.'),
  })
  .describe('From a text to token ids, and its features.');

export type TextSettings = z.output<typeof textSettingsSchema>;

/**
 * Settings with their defaults.
 * @throws WhylightError `invalid_config`
 */
export const parseTextSettings = (source: unknown): TextSettings => parseSettings(textSettingsSchema, source, 'text');
