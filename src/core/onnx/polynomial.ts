/** Sums of products of symbols, and their canonical text (see `dims.ts`). */
import type { Dim } from './graph.ts';

/** Factor by product of symbols; the products are symbols in order, joined by `*`, and `''` for the number alone. */
export type Polynomial = Map<string, number>;

/** Longer texts are replaced by a digest, so that no model can make them grow without end. */
export const MAX_LENGTH = 256;

export const accumulate = (sum: Polynomial, symbols: string, factor: number): void => {
  const total = (sum.get(symbols) ?? 0) + factor;
  if (total === 0) sum.delete(symbols);
  else sum.set(symbols, total);
};

export function times(a: Polynomial, b: Polynomial): Polynomial {
  const result: Polynomial = new Map();
  for (const [x, f] of a) {
    for (const [y, g] of b) accumulate(result, [...atoms(x), ...atoms(y)].sort().join('*'), f * g);
  }
  return result;
}

/** The product of most symbols, the first in order among those: what long division goes by. */
export function leading(p: Polynomial): [symbols: string, factor: number] {
  const [first] = [...p].sort(([a], [b]) => atoms(b).length - atoms(a).length || (a < b ? -1 : 1));
  return first ?? ['', 0];
}

/** `symbols` less `others`; undefined when one of those is not there. */
export function without(symbols: string, others: string): string | undefined {
  const left = atoms(symbols);
  for (const symbol of atoms(others)) {
    const at = left.indexOf(symbol);
    if (at < 0) return undefined;
    left.splice(at, 1);
  }
  return left.join('*');
}

/** Position of one of the `signs` outside of brackets. */
export function topLevel(text: string, signs: string): number[] {
  const found: number[] = [];
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const sign = text[i] as string;
    if (sign === '(') depth++;
    else if (sign === ')') depth--;
    else if (depth === 0 && signs.includes(sign)) found.push(i);
  }
  return found;
}

function cut(text: string, at: readonly number[]): string[] {
  return [...at, text.length].map((end, i) => text.slice(i === 0 ? 0 : (at[i - 1] as number) + 1, end));
}

/** The symbols of a product. */
export const atoms = (symbols: string): string[] => (symbols === '' ? [] : cut(symbols, topLevel(symbols, '*')));

export function parse(dim: Dim): Polynomial {
  if (typeof dim === 'number') return dim === 0 ? new Map() : new Map([['', dim]]);
  const sum: Polynomial = new Map();
  const signs = topLevel(dim, '+-');
  for (const [i, term] of cut(dim, signs).entries()) {
    if (term === '') continue; // before a leading minus
    let factor = i > 0 && dim[signs[i - 1] as number] === '-' ? -1 : 1;
    const symbols: string[] = [];
    for (const part of atoms(term)) {
      if (/^\d+$/.test(part)) factor *= Number(part);
      else symbols.push(part);
    }
    accumulate(sum, symbols.sort().join('*'), factor);
  }
  return sum;
}

export function print(p: Polynomial): Dim {
  const terms = [...p].sort(([a], [b]) => (a === '' ? 1 : b === '' ? -1 : a < b ? -1 : 1));
  if (terms.length === 0) return 0;
  if (terms.length === 1 && terms[0]?.[0] === '') return terms[0][1];
  let text = '';
  for (const [symbols, factor] of terms) {
    if (factor > 0 && text !== '') text += '+';
    text += symbols === '' ? factor : factor === 1 ? symbols : `${factor}*${symbols}`;
  }
  // Numbers that are no exact integers would not survive being written.
  return terms.every(([, factor]) => Number.isSafeInteger(factor)) ? shorten(text) : digestOf(text);
}

export const shorten = (text: string): string => (text.length <= MAX_LENGTH ? text : digestOf(text));

/** FNV-1a, twice 32 bits. */
function digestOf(text: string): string {
  const digest = (seed: number): string => {
    let hash = seed;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    return (hash >>> 0).toString(16).padStart(8, '0');
  };
  return `#${digest(0x811c9dc5)}${digest(0x2f3a9c71)}`;
}
