/** An explanation in words. Every sentence says a number that was counted or measured; nothing is guessed. */
import type { Quantity, Warning } from './diagnostics.ts';
import type { Evidence, Stand } from './evidence.ts';

export interface Summary {
  readonly text: string;
  readonly facts: SummaryFacts;
}

/** Facts that the sentences state. */
export interface SummaryFacts {
  /** Name of the target. */
  readonly target: string;
  readonly score: number;
  /** Absent when the attribution has no place in an input. */
  readonly evidence?: Evidence;
  /** Output of the model without the strongest part. Absent when no value is above zero. */
  readonly hidden?: HiddenFacts;
  /** True if negative values are evidence against the target. */
  readonly signed: boolean;
}

export interface HiddenFacts {
  /** Name of the part. */
  readonly part: string;
  /** Replacement of the part. */
  readonly by: Stand;
  /** The target's score then. */
  readonly score: number;
  /** Difference of that score to the one before. */
  readonly change: number;
  /** The top class before and then; absent where the target is no class, such as a box. */
  readonly top?: { readonly before: string; readonly after: string };
}

/** Facts of a summary, and the words for what they are about. */
export interface Described {
  readonly facts: SummaryFacts;
  /** Name of the target in the first sentence: `class cat`. */
  readonly subject: string;
  readonly quantity: Quantity;
}

const STANDS: Readonly<Record<Stand, string>> = {
  baseline: 'replaced by the baseline of the request',
  mean: 'replaced by the channel means',
  zero: 'replaced by 0',
  absent: 'replaced by what stands for an absent feature',
};
const POSITIONS = { region: 'pixels', feature: 'numbers', step: 'steps', token: 'tokens', named: 'features' } as const;

/** Codes of warnings whose facts have sentences of their own. */
const SAID: readonly Warning['code'][] = ['contradicted', 'all_negative'];

/**
 * Puts the facts into sentences.
 * @param warnings about the values; those that their own sentences do not say stand at the end
 */
export function summarize({ facts, subject, quantity }: Described, warnings: readonly Warning[] = []): Summary {
  const first = `Explanation of ${subject} (${quantity} ${number(facts.score)}).`;
  // Nothing can be said of the parts of a map that is the same everywhere.
  const rest = warnings.some(({ code }) => code === 'flat') ? [] : sentences(facts);
  const said = warnings.filter(({ code }) => !SAID.includes(code)).map(({ message }) => message);
  return { text: [first, ...rest, ...said].join(' '), facts };
}

function* sentences(facts: SummaryFacts): Generator<string> {
  const { target, evidence, hidden, signed } = facts;
  if (!evidence) {
    yield 'The attribution is for an inner layer that has no positions in the input.';
    return;
  }
  if (evidence.strongest === undefined) yield `No value is positive: nothing is evidence for ${target}.`;
  else {
    yield capitalized(`${shares(evidence, 'positive', `the ${signed ? 'positive ' : ''}attribution`)}.`);
    yield `Half of it is in ${percent(evidence.halfIn)} of the ${POSITIONS[evidence.kind]}.`;
  }
  if (hidden) {
    yield consequence(hidden, facts);
    if (hidden.change >= 0) yield conclusion(hidden, facts);
  }
  yield opposition(facts, evidence);
}

/** Sentence on the evidence against the target. */
function opposition({ target, signed }: SummaryFacts, evidence: Evidence): string {
  if (!signed) return `The values have no sign, so they do not show evidence against ${target}.`;
  if (evidence.negativeShare === 0) return `No value is negative, so nothing is evidence against ${target}.`;
  const share = percent(evidence.negativeShare);
  return `${share} of the total attribution is negative, evidence against ${target}; ${shares(evidence, 'negative', 'it')}.`;
}

function consequence({ part, by, score, change, top }: HiddenFacts, { evidence, score: before }: SummaryFacts): string {
  const [from, to] = [number(before), number(score)];
  const way = change < 0 ? 'falls' : 'rises';
  const scores =
    change === 0
      ? `the score stays ${to}`
      : `the score ${way} ${from === to ? `by ${number(Math.abs(change))}` : `from ${from} to ${to}`}`;
  const hidden = `With ${nameOf(part, evidence?.kind)} hidden (${STANDS[by]}), ${scores}`;
  if (!top) return `${hidden}.`;
  const classes =
    top.before === top.after
      ? `the top class stays ${top.after}`
      : `the top class changes from ${top.before} to ${top.after}`;
  return `${hidden}, and ${classes}.`;
}

/** Sentence on a score that does not fall without the part that should matter most. */
function conclusion({ part, score, change }: HiddenFacts, facts: SummaryFacts): string {
  const { target, evidence, signed } = facts;
  const name = nameOf(part, evidence?.kind);
  const isKept = change === 0 || number(score) === number(facts.score);
  if (isKept) return `So ${target} does not depend on ${name} alone: the rest of the input suffices.`;
  const way = 'Compare with a second method, such as occlusion, or with another baseline.';
  return signed
    ? `This contradicts the map, which counts ${name} as evidence for ${target}. ${way}`
    : `So the map must not be read as support for ${target} there. ${way}`;
}

/** Maximum number of parts that a sentence names. */
const MAX_NAMED = 3;

/** Clause on the parts with the largest shares of `whole`. */
function shares({ parts, kind }: Evidence, sign: 'positive' | 'negative', whole: string): string {
  const named = [...parts]
    .sort((a, b) => b[sign] - a[sign])
    .slice(0, MAX_NAMED)
    .filter((part) => part[sign] >= 0.005)
    .map((part, i) => `${percent(part[sign])} ${i === 0 ? `of ${whole} is ` : ''}in ${nameOf(part.name, kind)}`);
  if (named.length === 0)
    return `no ${kind === 'named' ? 'feature' : kind} has more than ${percent(Math.max(...parts.map((part) => part[sign])))} of ${whole}`;
  return named.length === 1 ? (named[0] as string) : `${named.slice(0, -1).join(', ')} and ${named.at(-1)}`;
}

const nameOf = (part: string, kind: Evidence['kind'] | undefined): string =>
  kind === 'region' ? `the ${part} region` : kind === 'named' ? `"${part}"` : part;

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function percent(share: number): string {
  const value = 100 * share;
  return `${value > 0 && value < 10 ? Number(value.toPrecision(2)) : Math.round(value)} %`;
}

const number = (value: number): string =>
  Math.abs(value) < 1e-3 && value !== 0 ? value.toExponential(2) : value.toFixed(3);
