/** Reads the vocabulary of a model: an object from token to id. */
import { WhylightError } from '../../../../core/errors.ts';
import { asIndex, asObject } from '../json.ts';

/** Tokens by id; holes where the file has none. */
export type TokensById = (string | undefined)[];

/** The largest id that a file may name: more would only make arrays of holes. */
const MAX_ID = 16_777_215;

export function readVocabulary(json: unknown, where: string): { entries: [string, number][]; tokens: TokensById } {
  const entries = Object.entries(asObject(json, where)) as [string, number][];
  for (const [token, id] of entries) {
    if (!Number.isInteger(id) || id < 0) asIndex(id, `${where}[${JSON.stringify(token)}]`);
    if (id > MAX_ID) {
      throw new WhylightError('invalid_config', `${where} has the id ${id}; the largest possible is ${MAX_ID}.`);
    }
  }
  return { entries, tokens: tokensById(entries) };
}

function tokensById(entries: readonly [string, number][]): TokensById {
  const tokens: TokensById = [];
  for (const [token, id] of entries) tokens[id] = token;
  return tokens;
}

/** Approximate bytes of a list of strings: 2 a unit at most, and the header and the reference of each. */
export function stringBytes(tokens: Iterable<string | undefined>): number {
  let bytes = 0;
  for (const token of tokens) bytes += token === undefined ? 8 : 32 + 2 * token.length;
  return bytes;
}

/** Approximate bytes of a Map from strings that are counted elsewhere. */
export const mapBytes = (entries: number): number => 64 * entries;
