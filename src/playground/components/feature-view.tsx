import { useEffect, useMemo } from 'preact/hooks';
import { counted } from '../../core/counted.ts';
import { signedNumber } from '../../core/modality/colors.ts';
import type { Answer } from '../answer.ts';
import { input } from '../state.ts';
import { Words } from './words.tsx';

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

/** The drawing of the modality, as an image. */
function Drawing({ answer: { drawing, summary } }: { readonly answer: Answer }) {
  const url = useMemo(() => drawing && URL.createObjectURL(new Blob([drawing], { type: 'image/svg+xml' })), [drawing]);
  useEffect(() => () => url && URL.revokeObjectURL(url), [url]);
  if (!url) return <p class="hint">The values of this method are those of an inner layer, which has no drawing.</p>;
  return <img class="drawing" src={url} alt={summary ?? 'The input with its attribution'} />;
}

/** Screens on which the drawing is too small to read its numbers. */
const NARROW = '(max-width: 36rem)';
/** Rows of the table at most. */
const SHOWN = 20;

/** The strongest features with their values. */
function Values({ answer: { features } }: { readonly answer: Answer }) {
  if (features.length === 0) return null;
  const sorted = features.toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, SHOWN);
  return (
    <details open={matchMedia(NARROW).matches}>
      <summary>
        {sorted.length < features.length
          ? `${sorted.length} strongest of ${features.length} values`
          : counted(features.length, 'value')}
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
              <td>{signedNumber(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
