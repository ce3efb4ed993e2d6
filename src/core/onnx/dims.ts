/**
 * Arithmetic on dims that may be symbolic. A symbolic dim is a polynomial over whole numbers, written canonically:
 * within a product the number first (left out when 1), then the symbols in order; sums with the number last: `49*N`,
 * `N*T`, `2*T-1`, `T-1*S`. What no polynomial can say is a symbol of its own, named after what it is: `div(H-1,2)` (rounded
 * down), `max(S,T)`, `min(S,T)`. So equal dims have equal text as far as this algebra can tell.
 *
 * A symbol stands for at least 1. Those that start with `?` were made by shape inference for what depends on the data:
 * `?name_0` is a dim and may be 0, `?name[0]` is an element of a shape and may be negative.
 */
import type { Dim } from './graph.ts';
import {
  accumulate,
  atoms,
  leading,
  MAX_LENGTH,
  type Polynomial,
  parse,
  print,
  shorten,
  times,
  topLevel,
  without,
} from './polynomial.ts';

export function add(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  const sum = parse(a);
  for (const [symbols, factor] of parse(b)) accumulate(sum, symbols, factor);
  return print(sum);
}

export const subtract = (a: Dim, b: Dim): Dim => (a === b ? 0 : add(a, multiply(b, -1)));

export function multiply(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a * b + 0; // no negative zero
  if (a === 1) return b;
  if (b === 1) return a;
  return print(times(parse(a), parse(b)));
}

export const product = (dims: readonly Dim[]): Dim => dims.reduce<Dim>(multiply, 1);

/** `a / b` where it is exact for every value of the symbols, else undefined. */
export function divide(a: Dim, b: Dim): Dim | undefined {
  if (b === 0) return undefined;
  if (b === 1) return a;
  if (a === b) return 1;
  if (typeof a === 'number' && typeof b === 'number') return a % b === 0 ? a / b + 0 : undefined;
  // Long division by the leading product.
  const [rest, divisor, quotient] = [parse(a), parse(b), new Map<string, number>()];
  const [bySymbols, byFactor] = leading(divisor);
  for (let steps = 0; rest.size > 0; steps++) {
    const [symbols, factor] = leading(rest);
    const left = without(symbols, bySymbols);
    if (left === undefined || factor % byFactor !== 0 || steps > MAX_LENGTH) return undefined;
    accumulate(quotient, left, factor / byFactor);
    for (const [s, f] of times(new Map([[left, -factor / byFactor]]), divisor)) accumulate(rest, s, f);
  }
  return print(quotient);
}

/** `a / b` rounded down, for a positive `b`. */
export function floorDivide(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return Math.floor(a / b);
  const exact = divide(a, b);
  if (exact !== undefined) return exact;
  if (typeof b === 'string') return call('div', a, b);
  // Whole multiples of b come out of the bracket.
  const [whole, rest]: [Polynomial, Polynomial] = [new Map(), new Map()];
  for (const [symbols, factor] of parse(a)) {
    const multiple = symbols === '' ? Math.floor(factor / b) : Math.trunc(factor / b);
    accumulate(whole, symbols, multiple);
    accumulate(rest, symbols, factor - multiple * b);
  }
  return add(print(whole), floorOfRest(rest, b));
}

/** `a / b` rounded up, for a positive `b`. */
export const ceilDivide = (a: Dim, b: Dim): Dim => floorDivide(add(a, subtract(b, 1)), b);

export function maximum(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return Math.max(a, b);
  if (lowerBound(subtract(a, b)) >= 0 || operands(a, 'max').includes(b) || operands(b, 'min').includes(a)) return a;
  if (lowerBound(subtract(b, a)) >= 0 || operands(b, 'max').includes(a) || operands(a, 'min').includes(b)) return b;
  return call('max', ...ordered(a, b));
}

export function minimum(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return Math.min(a, b);
  if (lowerBound(subtract(b, a)) >= 0 || operands(a, 'min').includes(b) || operands(b, 'max').includes(a)) return a;
  if (lowerBound(subtract(a, b)) >= 0 || operands(b, 'min').includes(a) || operands(a, 'max').includes(b)) return b;
  return call('min', ...ordered(a, b));
}

/** The least that a dim can be, -Infinity when there is no telling. */
export function lowerBound(dim: Dim): number {
  if (typeof dim === 'number') return dim;
  let least = 0;
  for (const [symbols, factor] of parse(dim)) {
    if (symbols === '') least += factor;
    else if (factor < 0) return Number.NEGATIVE_INFINITY;
    else {
      const bounds = atoms(symbols).map(leastOf);
      // What may be negative times what may be large can be anything.
      if (bounds.length > 1 && bounds.some((bound) => bound < 0)) return Number.NEGATIVE_INFINITY;
      least += bounds.reduce((product, bound) => product * bound, factor);
    }
  }
  return Number.isNaN(least) ? Number.NEGATIVE_INFINITY : least;
}

/** The number that a dim is when its symbols are these; undefined when one is missing. */
export function evaluate(dim: Dim, extents: Readonly<Record<string, number>>): number | undefined {
  if (typeof dim === 'number') return dim;
  let sum = 0;
  for (const [symbols, factor] of parse(dim)) {
    let term = factor;
    for (const symbol of atoms(symbols)) {
      const { name, a, b } = split(symbol) ?? { name: '', a: 0, b: 0 };
      const [x, y] = [evaluate(a, extents), evaluate(b, extents)];
      if (name === '') term *= extents[symbol] ?? Number.NaN;
      else if (x === undefined || y === undefined) return undefined;
      else term *= name === 'div' ? Math.floor(x / y) : name === 'max' ? Math.max(x, y) : Math.min(x, y);
    }
    sum += term;
  }
  return Number.isNaN(sum) ? undefined : sum;
}

/**
 * A free text, such as a model's name for a dim, as a canonical dim: an expression if it reads as one, else a symbol.
 * Text that is canonical already stays as it is.
 */
export function canonical(text: string): Dim {
  let plain = text;
  for (let before = ''; before !== plain; ) {
    before = plain;
    plain = plain.replace(CALL, (call, a: string, b: string) => (SUM.test(a) && SUM.test(b) ? 'call' : call));
  }
  return SUM.test(plain) ? print(parse(text.replaceAll(' ', ''))) : symbolOf(text.trim());
}

const CALL = /\b(?:div|max|min)\(([^(),]+),([^(),]+)\)/g;

/** A minus before a letter, as in `batch-size`, is part of a name: differences of symbols are written `T-1*S`. */
const SUM = /^(?:- *(?=\d))?[\w.:?#[\]]+(?: *[*+] *[\w.:?#[\]]+| +- +[\w.:?#[\]]+| *- *\d+)*$/;

/** A symbol that says `name`, without the signs that have a meaning here. */
export const symbolOf = (name: string): string => name.replaceAll('/', '.').replace(/[^\w.:?[\]]/g, '_') || '_';

/** True when every dim is a number. */
export const isStatic = (dims: readonly Dim[] | undefined): dims is number[] =>
  dims?.every((d) => typeof d === 'number') ?? false;

/** floor(rest / b), where no multiple of b is left in the bracket but inside other divisions. */
function floorOfRest(rest: Polynomial, b: number): Dim {
  const constant = rest.get('') ?? 0;
  const [inner, ...others] = [...rest.keys()].filter((symbols) => symbols !== '');
  if (inner === undefined) return 0;
  const nested = others.length === 0 && rest.get(inner) === 1 ? split(inner) : undefined;
  if (nested?.name === 'div' && typeof nested.b === 'number') {
    return floorDivide(add(nested.a, constant * nested.b), nested.b * b);
  }
  return call('div', print(rest), b);
}

function leastOf(symbol: string): number {
  const { name, a, b } = split(symbol) ?? { name: '', a: 0, b: 0 };
  if (name === 'max') return Math.max(lowerBound(a), lowerBound(b));
  if (name === 'min') return Math.min(lowerBound(a), lowerBound(b));
  if (name === 'div') return lowerBound(a) >= 0 ? 0 : Number.NEGATIVE_INFINITY;
  if (symbol.startsWith('?')) return symbol.endsWith(']') ? Number.NEGATIVE_INFINITY : 0;
  return symbol.startsWith('#') ? Number.NEGATIVE_INFINITY : 1;
}

const ordered = (a: Dim, b: Dim): [Dim, Dim] => (String(a) < String(b) ? [a, b] : [b, a]);

const call = (name: string, a: Dim, b: Dim): Dim => shorten(`${name}(${a},${b})`);

/** The two sides of a symbol such as `max(a,b)`. */
function split(symbol: string): { name: string; a: Dim; b: Dim } | undefined {
  if (!symbol.endsWith(')')) return undefined;
  const open = symbol.indexOf('(');
  const inner = symbol.slice(open + 1, -1);
  const comma = topLevel(inner, ',')[0] as number;
  return { name: symbol.slice(0, open), a: toDim(inner.slice(0, comma)), b: toDim(inner.slice(comma + 1)) };
}

const operands = (dim: Dim, name: string): Dim[] => {
  const call =
    typeof dim === 'string' && dim.startsWith(`${name}(`) && atoms(dim).length === 1 ? split(dim) : undefined;
  return call ? [call.a, call.b] : [];
};

const toDim = (text: string): Dim => (/^-?\d+$/.test(text) ? Number(text) : text);
