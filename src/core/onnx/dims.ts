/**
 * Arithmetic on extents that may be symbolic. A symbolic extent is a product, written canonically: the number first
 * (left out when 1), then the symbols in order, `49*N`, `N*T`. What no product can say (a sum, an inexact quotient)
 * gives `undefined`: unknown.
 */
import type { Dim } from './graph.ts';

interface Product {
  factor: number;
  symbols: string[];
}

function parse(dim: Dim): Product {
  if (typeof dim === 'number') return { factor: dim, symbols: [] };
  const parts = dim.split('*');
  const factor = Number(parts[0]);
  return Number.isInteger(factor) ? { factor, symbols: parts.slice(1) } : { factor: 1, symbols: parts };
}

function print({ factor, symbols }: Product): Dim {
  if (factor === 0 || symbols.length === 0) return factor;
  const text = symbols.sort().join('*');
  return factor === 1 ? text : `${factor}*${text}`;
}

export function multiply(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a * b;
  const [x, y] = [parse(a), parse(b)];
  return print({ factor: x.factor * y.factor, symbols: [...x.symbols, ...y.symbols] });
}

/** `a / b` where it is exact, else undefined. */
export function divide(a: Dim, b: Dim): Dim | undefined {
  const [x, y] = [parse(a), parse(b)];
  if (y.factor === 0 || x.factor % y.factor !== 0) return undefined;
  const symbols = [...x.symbols];
  for (const symbol of y.symbols) {
    const at = symbols.indexOf(symbol);
    if (at < 0) return undefined;
    symbols.splice(at, 1);
  }
  return print({ factor: x.factor / y.factor, symbols });
}

/** `a + b` where a product can say it: numbers, or multiples of the same symbols. */
export function add(a: Dim, b: Dim): Dim | undefined {
  if (a === 0) return b;
  if (b === 0) return a;
  const [x, y] = [parse(a), parse(b)];
  if (x.symbols.join('*') !== y.symbols.join('*')) return undefined;
  return print({ factor: x.factor + y.factor, symbols: x.symbols });
}

export const product = (dims: readonly Dim[]): Dim => dims.reduce<Dim>(multiply, 1);

/** True when every extent is a number. */
export const isStatic = (dims: readonly Dim[] | undefined): dims is readonly number[] =>
  dims?.every((d) => typeof d === 'number') ?? false;
