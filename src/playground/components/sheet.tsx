import { useState } from 'preact/hooks';
import { explain } from '../actions.ts';
import type { Question } from '../api.ts';
import { contactSheet } from '../contact-sheet.ts';
import { saveCanvas, saveJson, saveNpy, savePng } from '../download.ts';
import { drawMap } from '../draw.ts';
import { linkTo } from '../link.ts';
import { LANGUAGES, type Language, snippet } from '../snippets.ts';
import * as state from '../state.ts';
import { MapView } from './map-view.tsx';

/** The maps: a row for each target, a column for each method. */
export function Sheet() {
  const { value: targets } = state.targets;
  const { value: choices } = state.choices;
  return (
    <section class="sheet" id="maps" tabIndex={-1} aria-label="Maps">
      <div class="row tools">
        <CopyLink />
        <SaveSheet />
      </div>
      {targets.length === 0 && <p class="hint">Waiting for the prediction …</p>}
      {targets.map((target) => (
        <div key={target} class="target">
          <h2>
            Why <em>{state.targetWords(target)}</em>?
          </h2>
          <div class="cells" style={{ '--columns': Math.min(3, choices.length) }}>
            {choices.map((choice) => (
              <CellView key={choice.method} choice={choice} target={target} />
            ))}
          </div>
        </div>
      ))}
    </section>
  );
}

function CellView({ choice, target }: { readonly choice: state.Choice; readonly target: string }) {
  const cell = state.cells.value.get(state.cellName(choice, target));
  const title = state.methodOf(choice.method)?.title ?? choice.method;
  const map = cell?.answer?.map ?? cell?.partial;
  return (
    <article
      class="cell"
      aria-label={`${title} for ${state.targetWords(target)}`}
      aria-busy={cell?.state === 'running'}
    >
      <h3>{title}</h3>
      <MapView map={map} label={`${title}: why ${state.targetWords(target)}`} />
      {cell?.state === 'running' && (
        <progress
          aria-label={`${title} is computed`}
          {...(cell.total ? { max: cell.total, value: cell.done ?? 0 } : {})}
        />
      )}
      {cell?.state === 'failed' && (
        <p class="failure" role="alert">
          {cell.failure?.message} <code>{cell.failure?.code}</code>
        </p>
      )}
      {!cell && state.scores.value && (
        <p class="hint">
          Not computed yet.{' '}
          <button type="button" class="plain" onClick={() => void explain()}>
            Explain
          </button>
        </p>
      )}
      {cell?.answer && <Facts choice={choice} target={target} cell={cell} />}
    </article>
  );
}

function Facts({ choice, target, cell }: { choice: state.Choice; target: string; cell: state.Cell }) {
  const { answer, milliseconds } = cell;
  if (!answer) return null;
  const name = `${state.input.value?.name.replace(/\.\w+$/, '') ?? 'image'}-${choice.method}-${answer.label || target}`;
  const png = () => {
    const { input, placement } = state;
    if (input.value && placement.value) {
      savePng(name, drawMap(answer.map, input.value.image, placement.value, state.view.value));
    }
  };
  return (
    <>
      <p class="facts">
        score {answer.score.toFixed(3)}
        {answer.convergenceDelta !== undefined && `, convergence delta ${answer.convergenceDelta.toExponential(1)}`}
        {milliseconds !== undefined && `, ${Math.round(milliseconds)} ms`}
        {`, ${WHERE[answer.route] ?? answer.route}`}
      </p>
      <details class="take">
        <summary>Take it along</summary>
        <div class="row">
          <button type="button" onClick={png}>
            PNG
          </button>
          <button type="button" onClick={() => saveJson(name, answer.document)}>
            JSON
          </button>
          <button type="button" onClick={() => saveNpy(name, answer.map)}>
            npy
          </button>
        </div>
        <Copy
          question={{
            model: state.model.value?.name ?? '',
            ...choice,
            target,
            seed: state.seed.value,
          }}
        />
      </details>
    </>
  );
}

const WHERE: Readonly<Record<string, string>> = {
  cache: 'remembered',
  edge: 'at the edge',
  origin: 'at the origin',
  job: 'as a job',
  browser: 'in this browser',
};

function Copy({ question }: { readonly question: Question }) {
  const [language, setLanguage] = useState<Language>('curl');
  const { input, key } = state;
  const file = input.value?.sample ? `examples/photos/${input.value.name}` : 'photo.jpg';
  const text = snippet(language, question, file, input.value?.blob.type ?? 'image/jpeg', key.value !== '');
  return (
    <>
      <fieldset class="row">
        <legend class="unseen">As code</legend>
        {LANGUAGES.map((one) => (
          <button key={one} type="button" aria-pressed={one === language} onClick={() => setLanguage(one)}>
            {one}
          </button>
        ))}
      </fieldset>
      <pre>{text}</pre>
      <CopyButton label={`Copy the ${language}`} text={() => text} />
    </>
  );
}

function SaveSheet() {
  const { value: cells } = state.cells;
  const isThere = [...cells.values()].some(({ answer }) => answer);
  const name = `${state.input.value?.name.replace(/\.\w+$/, '') ?? 'image'}-maps`;
  const take = () => {
    const sheet = contactSheet();
    if (sheet) saveCanvas(name, sheet);
  };
  return (
    <button type="button" disabled={!isThere} onClick={take}>
      All maps as one PNG
    </button>
  );
}

function CopyLink() {
  const own = state.input.value && !state.input.value.sample;
  return (
    <CopyButton
      label="Copy a link to this"
      text={linkTo}
      title={own ? 'Your image is not in the link: whoever opens it brings their own.' : undefined}
    />
  );
}

function CopyButton({ label, text, title }: { label: string; text: () => string; title?: string | undefined }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text());
    setCopied(true);
    state.spoken.value = 'Copied.';
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <button type="button" title={title} onClick={() => void copy()}>
      {copied ? 'Copied' : label}
    </button>
  );
}
