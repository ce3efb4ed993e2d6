import { attributionColor, attributionScale, hex, inkOn, signedNumber } from '../../core/modality/colors.ts';
import { chooseTarget } from '../actions.ts';
import type { Answer } from '../answer.ts';
import { textInput } from '../data-samples.ts';
import { classifies, explainedNumber, labelOf, leftOut, predictions, predictionWords } from '../state.ts';
import { ask } from '../what-if.ts';
import { BeforeAfter } from './before-after.tsx';

type Word = Answer['features'][number];

/**
 * The text with a colour behind each word. Words of predictions are underlined, those of the explained one twice; a click
 * on them explains the prediction. Where the whole text has a class, a click asks the model about the text without the
 * word.
 */
export function Words({ answer: { features }, text }: { readonly answer: Answer; readonly text: string }) {
  const scale = attributionScale(features.map(({ value }) => value));
  const hasSpans = features.some((word) => predictionAt(word) !== undefined);
  return (
    <>
      <p class="words" dir="auto">
        {features.map((word, i) => [
          text.slice(features[i - 1]?.end ?? 0, word.start),
          <WordButton key={word.start} word={word} at={i} scale={scale} words={features} text={text} />,
        ])}
        {text.slice(features.at(-1)?.end ?? 0)}
      </p>
      <p class="hint">Red words speak for {classifies.value ? 'the class' : 'the prediction'}, blue ones against it.</p>
      {hasSpans && <p class="hint">Underlined words are predictions: click one to explain it.</p>}
      {classifies.value && <p class="hint">Click a word to see what the model says without it.</p>}
      <BeforeAfter after="Without" />
    </>
  );
}

interface WordButtonProps {
  readonly word: Word;
  /** Number of the word. */
  readonly at: number;
  /** Value of the strongest colour. */
  readonly scale: number;
  readonly words: readonly Word[];
  readonly text: string;
}

function WordButton({ word, at, scale, words, text }: WordButtonProps) {
  const color = attributionColor(word.value / scale);
  const value = signedNumber(word.value);
  const found = predictionAt(word);
  const isOut = leftOut.value.has(at);
  const action = found === undefined ? (isOut ? 'Put it back' : 'Leave it out') : `Explain ${predictionWords(found)}`;
  const isPressed = found === undefined ? isOut : isIn(word, explainedNumber.value);
  return (
    <button
      type="button"
      class={`word ${found === undefined ? '' : 'found'}`}
      aria-pressed={isPressed}
      disabled={!classifies.value && found === undefined}
      title={found === undefined ? value : `${kindAt(found)}${value}`}
      aria-label={`${word.name}: ${value}. ${action}`}
      style={{ background: hex(color), color: inkOn(color) }}
      onClick={() => (found === undefined ? toggle(at, words, text) : void chooseTarget(`box:${found}`))}
    >
      {text.slice(word.start, word.end)}
    </button>
  );
}

/** Class of a prediction in front of a value; nothing where it has none. */
function kindAt(number: number): string {
  const { class: index, label } = predictions.value?.[number] ?? {};
  return index === undefined ? '' : `${label ?? labelOf(index)}: `;
}

/** Number of the prediction that a word belongs to: the explained one, else the first; undefined for a word of none. */
function predictionAt(word: Word): number | undefined {
  const { value: explained } = explainedNumber;
  if (isIn(word, explained)) return explained;
  const found = predictions.value?.findIndex((_, number) => isIn(word, number)) ?? -1;
  return found < 0 ? undefined : found;
}

function isIn({ start = 0, end = 0 }: Word, number: number | undefined): boolean {
  const place = number === undefined ? undefined : predictions.value?.[number];
  return place?.start !== undefined && start >= place.start && end <= (place.end ?? 0);
}

function toggle(at: number, words: readonly Word[], text: string): void {
  const out = new Set(leftOut.value);
  if (!out.delete(at)) out.add(at);
  leftOut.value = out;
  const shorter = [...out]
    .sort((a, b) => b - a)
    .reduce((rest, i) => rest.slice(0, words[i]?.start) + rest.slice(words[i]?.end), text);
  ask(out.size === 0 || shorter.trim() === '' ? undefined : async () => textInput('text', shorter));
}
