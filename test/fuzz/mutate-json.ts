/** Mutations of JSON that keep it JSON: of values, names and nesting. */
import type { Draw } from './draw.ts';

const DEEP = 5000;

/** Values that readers stumble over. */
const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  0.5,
  1e308,
  -(2 ** 31),
  2 ** 53,
  '',
  '\u0000',
  '__proto__',
  '\ud800',
  'x'.repeat(5000),
  '1e999',
  [],
  {},
  [[]],
  [null],
  ['a', 1, null],
  { length: 2 ** 32 },
  { toString: null },
];

const NAMES = ['__proto__', 'constructor', 'toString', 'length', '', '0', 'data', 'shape', 'type'];

/** Changes a JSON value in one to three places. The value itself stays as it is. */
export function mutateJson(value: unknown, draw: Draw): unknown {
  let result = structuredClone(value);
  for (let i = 0; i < 1 + draw.below(3); i++) result = change(result, draw);
  return result;
}

/** Writes JSON, now and then nested deeper than any reader expects. */
export function jsonBytes(value: unknown, draw: Draw): Uint8Array {
  const text = JSON.stringify(value) ?? 'null';
  const nested = draw.oneIn(200) ? '['.repeat(DEEP) + text + ']'.repeat(DEEP) : text;
  return new TextEncoder().encode(nested);
}

function change(value: unknown, draw: Draw): unknown {
  if (typeof value !== 'object' || value === null || draw.oneIn(12)) return replaced(value, draw);
  if (Array.isArray(value)) return changeList(value, draw);
  return changeObject(value as Record<string, unknown>, draw);
}

function changeList(list: unknown[], draw: Draw): unknown {
  if (list.length === 0) return [draw.from(VALUES)];
  const at = draw.below(list.length);
  switch (draw.below(6)) {
    case 0:
      return list.toSpliced(at, 1);
    case 1:
      return list.toSpliced(at, 0, list[at]);
    case 2:
      return [...list, ...list];
    default:
      return list.with(at, change(list[at], draw));
  }
}

function changeObject(object: Record<string, unknown>, draw: Draw): unknown {
  const names = Object.keys(object);
  if (names.length === 0) return { [draw.from(NAMES)]: draw.from(VALUES) };
  const name = draw.from(names);
  const { [name]: own, ...others } = object;
  switch (draw.below(8)) {
    case 0:
      return others;
    case 1:
      return { ...others, [draw.from(NAMES)]: own };
    case 2:
      return { ...object, [name]: object[draw.from(names)] };
    case 3:
      return { ...object, [draw.from(NAMES)]: draw.from(VALUES) };
    default:
      return { ...object, [name]: change(own, draw) };
  }
}

function replaced(value: unknown, draw: Draw): unknown {
  if (typeof value === 'number' && draw.oneIn(2)) return value * draw.from([-1, 0, 2, 1000, 1e9]) + draw.below(3) - 1;
  if (typeof value === 'string' && draw.oneIn(2)) return value.slice(0, draw.below(value.length + 1));
  return draw.from(VALUES);
}
