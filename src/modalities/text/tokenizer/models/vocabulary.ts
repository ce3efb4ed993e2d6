/** Reads the vocabulary of a model: an object from token to id. */
import { WhylightError } from '../../../../core/errors.ts';
import { asIndex, asObject } from '../json.ts';

/** Tokens by id; holes where the file has none. */
export type TokensById = (string | undefined)[];

/** The largest id that a file may name: more would only make arrays of holes. */
const MAX_ID = 16_777_215;

export function readVocabulary(json: unknown, where: string): { entries: [string, number][]; tokens: TokensById } {
  const entries = Object.entries(asObject(json, where)).map(([token, id]): [string, number] => [
    token,
    checkedId(asIndex(id, `${where}[${JSON.stringify(token)}]`), where),
  ]);
  return { entries, tokens: tokensById(entries) };
}

export function tokensById(entries: Iterable<readonly [string, number]>): TokensById {
  const tokens: TokensById = [];
  for (const [token, id] of entries) tokens[id] = token;
  return tokens;
}

export function checkedId(id: number, where: string): number {
  if (id > MAX_ID)
    throw new WhylightError('invalid_config', `${where} has the id ${id}; the largest possible is ${MAX_ID}.`);
  return id;
}

/** Approximate bytes of a list of strings: 2 a unit at most, and the object around each. */
export function stringBytes(tokens: Iterable<string | undefined>): number {
  let bytes = 0;
  for (const token of tokens) if (token !== undefined) bytes += 16 + 2 * token.length;
  return bytes;
}
