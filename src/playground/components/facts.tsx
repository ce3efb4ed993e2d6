import type { Answer } from '../answer.ts';
import { save, saveJson, saveNpy, savePng } from '../download.ts';
import { drawMap } from '../draw.ts';
import * as state from '../state.ts';
import { AboutMethod } from './about-method.tsx';
import { Copy } from './copy.tsx';
import { methodUsed, WHERE } from './where.ts';

/** Numbers, words and files of one explanation. */
export function Facts({ choice, target, cell }: { choice: state.Choice; target: string; cell: state.Cell }) {
  const { answer, milliseconds } = cell;
  if (!answer) return null;
  const name = `${state.input.value?.name.replace(/\.\w+$/, '') ?? 'input'}-${methodUsed(choice.method, answer)}-${answer.label || target}`;
  return (
    <>
      {answer.summary && <p class="summary">{unbroken(answer.summary)}</p>}
      <p class="facts">
        {Number.isFinite(answer.score) && `score ${answer.score.toFixed(3)}`}
        {answer.convergenceDelta !== undefined && `, convergence delta ${answer.convergenceDelta.toExponential(1)}`}
        {milliseconds !== undefined && `, ${Math.round(milliseconds)} ms`}
        {`, ${WHERE[answer.route] ?? answer.route}${answer.device ? ` ${answer.device}` : ''}`}
      </p>
      <details>
        <summary>What score and value mean</summary>
        <p class="hint">
          The score is the output of the model for {state.targetWords(target)}, before it becomes a probability; only
          differences between scores of the same model mean something. The value of a place says how much the method
          gives it of that score, in the unit of the method: compare values within one map, not between methods.
        </p>
        <AboutMethod id={methodUsed(choice.method, answer)} />
      </details>
      <details class="take">
        <summary>Save or copy</summary>
        <div class="row">
          <Files answer={answer} name={name} />
          <button type="button" onClick={() => saveJson(name, answer.document)}>
            JSON
          </button>
        </div>
        {!state.model.value?.own && (
          <Copy
            question={{
              model: state.model.value?.name ?? '',
              ...choice,
              target,
              seed: state.seed.value,
            }}
          />
        )}
      </details>
    </>
  );
}

/** The text with each number and its percent sign on the same line. */
const unbroken = (text: string): string => text.replace(/(\d) %/g, '$1\u00a0%');

/** Drawing and numbers as files. */
function Files({ answer: { map, drawing }, name }: { readonly answer: Answer; readonly name: string }) {
  const image = state.input.value?.image;
  const place = state.placement.value;
  return (
    <>
      {map && image && place && (
        <button type="button" onClick={() => savePng(name, drawMap(map, image, place, state.view.value))}>
          PNG
        </button>
      )}
      {map && (
        <button type="button" onClick={() => saveNpy(name, map)}>
          npy
        </button>
      )}
      {drawing !== undefined && (
        <button type="button" onClick={() => save(`${name}.svg`, new Blob([drawing], { type: 'image/svg+xml' }))}>
          SVG
        </button>
      )}
    </>
  );
}
