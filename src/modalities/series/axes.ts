/** Axes of an input that holds a signal: which one is time, and which holds channels or frequencies. */
import type { InputFact } from '../../core/model/description.ts';
import { invalidSeries } from './series.ts';

/** Meaning of an axis: rows, time, channels, frequency bands. */
type Letter = 'N' | 'T' | 'C' | 'F';

export interface SignalAxes {
  /** Dims of one row, the batch axis being 1. */
  readonly dims: readonly number[];
  /** Distance of two neighbours along an axis, in elements; 0 where the input has no such axis. */
  readonly stride: Readonly<Record<Letter, number>>;
  readonly size: Readonly<Record<Letter, number>>;
}

/** A length that the data have, by axis. */
export type Lengths = Readonly<Partial<Record<Letter, number>>>;

/**
 * Axes by the layout of an input: N rows, T time, C channels, F (or H) frequencies, 1 for an axis of length 1. W is
 * time as well, for spectrograms that are laid out like images.
 * @throws WhylightError `invalid_request` when the layout has no time, or its letters are none of these.
 * @example
 * lettersOf({ layout: { value: 'NTC', source: 'graph' }, shape: ['N', 28, 1] }); // ['N', 'T', 'C']
 */
export function lettersOf({ name, layout, shape }: Pick<InputFact, 'name' | 'layout' | 'shape'>): (Letter | '1')[] {
  const letters = [...layout.value.toUpperCase()].map((letter) => ALIASES[letter] ?? letter);
  const known = letters.every((letter) => /^[NTCF1]$/.test(letter)) && letters.filter((it) => it === 'T').length === 1;
  if (known && letters.length === shape.length) return letters as (Letter | '1')[];
  throw invalidSeries(
    `The input "${name}" of shape [${shape.join(', ')}] has the layout "${layout.value}", which does not say where time runs. Give its layout in the manifest, such as NCT or NTC.`,
    { input: name, layout: layout.value, shape },
  );
}

const ALIASES: Readonly<Record<string, string>> = { H: 'F', W: 'T', B: 'N' };

/** Length that the model fixes along an axis; undefined where it is open or there is no such axis. */
export function fixedLength(input: Pick<InputFact, 'name' | 'layout' | 'shape'>, letter: Letter): number | undefined {
  const dim = input.shape[lettersOf(input).indexOf(letter)];
  return typeof dim === 'number' ? dim : undefined;
}

/**
 * Axes of one row with the lengths of the data.
 * @throws WhylightError when a length is not the one that the model fixes.
 */
export function signalAxes(input: Pick<InputFact, 'name' | 'layout' | 'shape'>, lengths: Lengths): SignalAxes {
  const letters = lettersOf(input);
  const dims = letters.map((letter, axis) => {
    if (letter === 'N' || letter === '1') return 1;
    const wanted = input.shape[axis];
    const given = lengths[letter] ?? 1;
    if (typeof wanted !== 'number' || wanted === given) return given;
    throw invalidSeries(
      `The input "${input.name}" takes ${wanted} ${PLURALS[letter]} (its shape is [${input.shape.join(', ')}]), but ${given} were given.`,
      { input: input.name, axis, expected: wanted, given },
    );
  });
  const missing = (['C', 'F'] as const).find((letter) => (lengths[letter] ?? 1) > 1 && !letters.includes(letter));
  if (missing) {
    throw invalidSeries(
      `The input "${input.name}" of shape [${input.shape.join(', ')}] has no axis of ${PLURALS[missing]}, but ${lengths[missing]} were given.`,
      { input: input.name, given: lengths[missing] },
    );
  }
  const of = (letter: Letter) => letters.indexOf(letter);
  const strideOf = (letter: Letter) => (of(letter) < 0 ? 0 : dims.slice(of(letter) + 1).reduce((n, d) => n * d, 1));
  const sizeOf = (letter: Letter) => dims[of(letter)] ?? 1;
  return {
    dims,
    stride: { N: strideOf('N'), T: strideOf('T'), C: strideOf('C'), F: strideOf('F') },
    size: { N: 1, T: sizeOf('T'), C: sizeOf('C'), F: sizeOf('F') },
  };
}

const PLURALS: Readonly<Record<Letter, string>> = { N: 'rows', T: 'time steps', C: 'channels', F: 'bands' };
