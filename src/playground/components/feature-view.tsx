import { useEffect, useMemo } from 'preact/hooks';
import { attributionColor, attributionScale, hex, inkOn, signedNumber } from '../../core/modality/colors.ts';
import type { Answer } from '../answer.ts';
import { textInput } from '../data-samples.ts';
import { classifies, input, leftOut } from '../state.ts';
import { ask } from '../what-if.ts';
import { BeforeAfter } from './before-after.tsx';

/** An explanation of a text, a table, a series or a sound. */
export function FeatureView({ answer }: { readonly answer: Answer }) {
  const text = input.value?.kind === 'text' ? input.value.text : undefined;
  const isPlaced = answer.features.every(({ start, end }) => start !== undefined && end !== undefined);
  return (
    <>
      {text !== undefined && isPlaced ? <Words answer={answer} text={text} /> : <Drawing answer={answer} />}
      <Values answer={answer} />
    </>
  );
}

/** The text with a colour behind each word. A click on a word asks the model about the text without it. */
function Words({ answer: { features }, text }: { readonly answer: Answer; readonly text: string }) {
  const scale = attributionScale(features.map(({ value }) => value));
  const parts = features.flatMap(({ name, value, start = 0, end = 0 }, i) => {
    const color = attributionColor(value / scale);
    const gap = text.slice(features[i - 1]?.end ?? 0, start);
    const isOut = leftOut.value.has(i);
    return [
      gap,
      <button
        key={start}
        type="button"
        class="word"
        aria-pressed={isOut}
        disabled={!classifies.value}
        title={signedNumber(value)}
        aria-label={`${name}: ${signedNumber(value)}. ${isOut ? 'Put it back' : 'Leave it out'}`}
        style={{ background: hex(color), color: inkOn(color) }}
        onClick={() => toggle(i, features, text)}
      >
        {text.slice(start, end)}
      </button>,
    ];
  });
  return (
    <>
      <p class="words" dir="auto">
        {parts}
        {text.slice(features.at(-1)?.end ?? 0)}
      </p>
      <p class="hint">Red words speak for the class, blue ones against it.</p>
      {classifies.value && <p class="hint">Click a word to see what the model says without it.</p>}
      <BeforeAfter after="Without" />
    </>
  );
}

function toggle(at: number, features: Answer['features'], text: string): void {
  const out = new Set(leftOut.value);
  if (!out.delete(at)) out.add(at);
  leftOut.value = out;
  const shorter = [...out]
    .sort((a, b) => b - a)
    .reduce((rest, i) => rest.slice(0, features[i]?.start) + rest.slice(features[i]?.end), text);
  ask(out.size === 0 || shorter.trim() === '' ? undefined : async () => textInput('text', shorter));
}

/** The drawing of the modality, as an image. */
function Drawing({ answer: { drawing, summary } }: { readonly answer: Answer }) {
  const url = useMemo(() => drawing && URL.createObjectURL(new Blob([drawing], { type: 'image/svg+xml' })), [drawing]);
  useEffect(() => () => url && URL.revokeObjectURL(url), [url]);
  if (!url) return <p class="hint">The values of this method are those of an inner layer, which has no drawing.</p>;
  return <img class="drawing" src={url} alt={summary ?? 'The input with its attribution'} />;
}

/** Rows of the table at most. */
const SHOWN = 20;

/** The strongest features with their values. */
function Values({ answer: { features } }: { readonly answer: Answer }) {
  if (features.length === 0) return null;
  const sorted = features.toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, SHOWN);
  return (
    <details>
      <summary>
        {sorted.length} strongest of {features.length} values
      </summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Part of the input</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map(({ name, value }, i) => (
            <tr key={i}>
              <th scope="row">{name}</th>
              <td class={value < 0 ? 'down' : 'up'}>{signedNumber(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
