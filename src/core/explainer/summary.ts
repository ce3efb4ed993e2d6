/** An explanation in words. Every sentence says a number that was counted or measured; nothing is guessed. */
import type { Evidence, Part, Stand } from './evidence.ts';

export interface Summary {
  readonly text: string;
  readonly facts: SummaryFacts;
}

/** What the sentences are made of. */
export interface SummaryFacts {
  /** What was explained, as it is called. */
  readonly target: string;
  readonly score: number;
  /** Absent when the attribution has no place in an input. */
  readonly evidence?: Evidence;
  /** What the model answers without the strongest part. Absent when there is none. */
  readonly hidden?: HiddenFacts;
  /** Whether a value's sign says if it speaks for or against the target. */
  readonly signed: boolean;
}

export interface HiddenFacts {
  /** Name of the part. */
  readonly part: string;
  /** What stands in its place. */
  readonly by: Stand;
  /** The target's score then. */
  readonly score: number;
  /** That score minus the one before. */
  readonly change: number;
  /** The top class before and then. */
  readonly top: { readonly before: string; readonly after: string };
}

/** How many parts a sentence names. */
const NAMED = 3;
const STANDS: Readonly<Record<Stand, string>> = {
  baseline: 'replaced by the given baseline',
  mean: 'replaced by the mean of each channel',
  zero: 'replaced by 0',
};
const PLACES = { region: 'pixels', feature: 'numbers', step: 'positions', token: 'tokens' } as const;

export function summarize(facts: SummaryFacts): Summary {
  return { text: [...sentences(facts)].join(' '), facts };
}

function* sentences(facts: SummaryFacts): Generator<string> {
  const { target, score, evidence, hidden, signed } = facts;
  yield `Explained is ${target}, score ${number(score)}.`;
  if (!evidence) {
    yield 'The attribution is of an inner layer that has no place in the input.';
    return;
  }
  if (evidence.strongest === undefined) yield `Nothing speaks for ${target}: no value is above zero.`;
  else {
    yield `Of ${signed ? 'the evidence' : 'what matters'} for ${target}, ${list(evidence, 'positive')}.`;
    yield `Half of it lies in ${percent(evidence.halfIn)} of the ${PLACES[evidence.kind]}.`;
  }
  if (hidden) yield consequence(hidden, facts);
  if (!signed) yield `The values have no sign, so they do not tell what speaks against ${target}.`;
  else if (evidence.negativeShare === 0) {
    yield `No value is below zero, so they do not tell what speaks against ${target}.`;
  } else {
    yield `${percent(evidence.negativeShare)} of all evidence speaks against ${target}; of that, ${list(evidence, 'negative')}.`;
  }
}

function consequence({ part, by, score, change, top }: HiddenFacts, { evidence, score: before }: SummaryFacts): string {
  const moved =
    change === 0
      ? `the score stays ${number(score)}`
      : `the score ${change < 0 ? 'falls' : 'rises'} from ${number(before)} to ${number(score)}`;
  const said =
    top.before === top.after
      ? `the top class stays ${top.after}`
      : `the top class is ${top.after} instead of ${top.before}`;
  return `With ${called(part, evidence?.kind)} hidden (${STANDS[by]}), ${moved}, and ${said}.`;
}

/** The parts with most of it, with their shares. */
function list({ parts, kind }: Evidence, sign: 'positive' | 'negative'): string {
  const named = [...parts]
    .sort((a, b) => b[sign] - a[sign])
    .slice(0, NAMED)
    .filter((part) => part[sign] >= 0.005)
    .map((part, i) => `${percent(part[sign])} ${i === 0 ? 'lies ' : ''}in ${called(part.name, kind)}`);
  if (named.length === 0)
    return `no ${kind} has more than ${percent(Math.max(...parts.map((part: Part) => part[sign])))}`;
  return named.length === 1 ? (named[0] as string) : `${named.slice(0, -1).join(', ')} and ${named.at(-1)}`;
}

const called = (name: string, kind: Evidence['kind'] | undefined): string => (kind === 'region' ? `the ${name}` : name);

function percent(share: number): string {
  const value = 100 * share;
  return `${value > 0 && value < 10 ? Number(value.toPrecision(2)) : Math.round(value)} %`;
}

const number = (value: number): string =>
  Math.abs(value) < 1e-3 && value !== 0 ? value.toExponential(2) : value.toFixed(3);
