/**
 * The four Unicode normalisation forms with alignment.
 *
 * `String.prototype.normalize` gives the characters but not where they came from, so the algorithm of Unicode Standard
 * Annex 15 is run over single characters here, and the engine's tables are asked through `normalize` of one or two
 * characters: a decomposition, whether two characters compose, whether two marks change places.
 *
 * @see https://www.unicode.org/reports/tr15/
 */
import { type AlignedText, applyChanges, type Change } from './aligned-text.ts';
import { UNNORMALIZED } from './characters.ts';

export type NormalizationForm = 'NFC' | 'NFD' | 'NFKC' | 'NFKD';

const MANY_MARKS = /\p{M}{64}/u;

export function normalizeForm(source: AlignedText, form: NormalizationForm): AlignedText {
  const { text } = source;
  // The engine takes quadratic time over marks in a row.
  if (!MANY_MARKS.test(text) && text.normalize(form) === text) return source;
  const decomposed = reorder(decompose(text, form === 'NFC' || form === 'NFD' ? 'NFD' : 'NFKD'));
  const changes = form === 'NFC' || form === 'NFKC' ? recompose(decomposed) : decomposed;
  return applyChanges(source, changes);
}

function decompose(text: string, form: 'NFD' | 'NFKD'): Change[] {
  const changes: Change[] = [];
  for (const character of text) {
    const parts = UNNORMALIZED.test(character) ? character : character.normalize(form);
    let change = 0;
    for (const part of parts) {
      changes.push({ character: part, change });
      change = 1;
    }
  }
  return changes;
}

/** Sorts each run of marks by combining class; marks of one class keep their order. */
function reorder(changes: Change[]): Change[] {
  for (let start = 0; start < changes.length; start++) {
    if (isStarter((changes[start] as Change).character)) continue;
    let end = start + 1;
    while (end < changes.length && !isStarter((changes[end] as Change).character)) end++;
    if (end - start > 1) {
      const run = changes.slice(start, end).sort((a, b) => compareClasses(a.character, b.character));
      for (const change of run) changes[start++] = change;
    }
    start = end - 1;
  }
  return changes;
}

/** The composition algorithm: each character joins the last starter unless a mark of the same class is in between. */
function recompose(changes: Change[]): Change[] {
  const out: Change[] = [];
  let starter: Change | undefined;
  let marks: Change[] = [];
  for (const change of changes) {
    const { character } = change;
    if (!starter) {
      if (isStarter(character)) starter = change;
      else out.push(change);
      continue;
    }
    const last = marks.at(-1);
    const blocked = last !== undefined && (isStarter(character) || compareClasses(last.character, character) === 0);
    const composed = blocked ? undefined : compose(starter.character, character);
    if (composed !== undefined) {
      starter = { character: composed, change: starter.change + change.change - 1 };
    } else if (isStarter(character)) {
      out.push(starter);
      // Not by spreading: a hostile text may have a million marks in a row.
      for (const mark of marks) out.push(mark);
      starter = change;
      marks = [];
    } else {
      marks.push(change);
    }
  }
  if (starter) out.push(starter);
  for (const mark of marks) out.push(mark);
  return out;
}

/** A function of a string with its results kept: at most some thousand, marks and pairs of letter and mark. */
function remembered<T>(compute: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    let value = known.get(text);
    if (value === undefined && !known.has(text)) {
      if (known.size > 4096) known.clear();
      value = compute(text);
      known.set(text, value);
    }
    return value as T;
  };
}

/** Combining class 0: not moved past U+0334 (class 1), and U+0345 (class 240) is not moved past it. */
const startsRun = remembered(
  (character) =>
    `${character}\u0334`.normalize('NFD') === `${character}\u0334` &&
    `\u0345${character}`.normalize('NFD') === `\u0345${character}`,
);

function isStarter(character: string): boolean {
  return character < '\u0300' || startsRun(character);
}

const staysInPlace = remembered((pair) => pair.normalize('NFD') === pair);

/** Order of two marks by combining class: two are exchanged where the first has the greater one. */
function compareClasses(first: string, second: string): number {
  if (first === second) return 0;
  if (!staysInPlace(first + second)) return 1;
  return staysInPlace(second + first) ? 0 : -1;
}

const compositionOf = remembered((pair) => {
  const composed = pair.normalize('NFC');
  const single = composed.length === ((composed.codePointAt(0) as number) > 0xffff ? 2 : 1);
  return single && !UNNORMALIZED.test(composed) ? composed : undefined;
});

const compose = (first: string, second: string): string | undefined => compositionOf(first + second);
