import { useState } from 'preact/hooks';
import { explain, tryAgain } from '../actions.ts';
import type { Answer, Question } from '../api.ts';
import { contactSheet } from '../contact-sheet.ts';
import { saveCanvas, saveJson, saveNpy, savePng } from '../download.ts';
import { drawMap } from '../draw.ts';
import { linkTo } from '../link.ts';
import { LANGUAGES, type Language, snippet } from '../snippets.ts';
import * as state from '../state.ts';
import { ColorBar } from './color-bar.tsx';
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
      {targets.length === 0 && (
        <p class="hint">
          {state.predicting.value ? 'Waiting for the prediction …' : 'There is no prediction to explain.'}
        </p>
      )}
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
  const title = titleOf(choice, cell);
  // Until the new place has answered, the map of the other one stays.
  const old = cell?.answer ? undefined : state.elsewhere(choice, target);
  const map = cell?.answer?.map ?? cell?.partial ?? old?.map;
  return (
    <article
      class="cell"
      aria-label={`${title} for ${state.targetWords(target)}`}
      aria-busy={cell?.state === 'running'}
    >
      <h3>{title}</h3>
      <MapView map={map} label={`${title}: why ${state.targetWords(target)}`} />
      {map && <ColorBar map={map} target={state.targetWords(target)} />}
      {old && !cell?.partial && cell?.state !== 'failed' && (
        <p class="hint">{`This map was computed ${WHERE[old.route] ?? old.route}; the new one is on its way.`}</p>
      )}
      {cell?.state === 'running' && (
        <progress
          aria-label={`${title} is computed`}
          {...(cell.total ? { max: cell.total, value: cell.done ?? 0 } : {})}
        />
      )}
      {cell?.state === 'failed' && (
        <p class="failure" role="alert">
          {cell.failure?.message} <code>{cell.failure?.code}</code>{' '}
          <button type="button" onClick={() => void tryAgain()}>
            Try again
          </button>
        </p>
      )}
      {!cell && !old && state.scores.value && !state.predicting.value && (
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

/** Title of the method, and of the one that was chosen automatically. */
function titleOf({ method }: state.Choice, cell: state.Cell | undefined): string {
  const title = state.methodOf(method)?.title ?? method;
  const used = cell?.answer && methodUsed(method, cell.answer);
  return used === undefined || used === method
    ? title
    : `${state.methodOf(used)?.title ?? used} (${title.toLowerCase()})`;
}

const methodUsed = (asked: string, { provenance }: Answer): string =>
  typeof provenance.method === 'string' ? provenance.method : asked;

function Facts({ choice, target, cell }: { choice: state.Choice; target: string; cell: state.Cell }) {
  const { answer, milliseconds } = cell;
  if (!answer) return null;
  const name = `${state.input.value?.name.replace(/\.\w+$/, '') ?? 'image'}-${methodUsed(choice.method, answer)}-${answer.label || target}`;
  const png = () => {
    const { input, placement } = state;
    if (input.value && placement.value) {
      savePng(name, drawMap(answer.map, input.value.image, placement.value, state.view.value));
    }
  };
  return (
    <>
      {answer.summary && <p class="summary">{answer.summary}</p>}
      <p class="facts">
        score {answer.score.toFixed(3)}
        {answer.convergenceDelta !== undefined && `, convergence delta ${answer.convergenceDelta.toExponential(1)}`}
        {milliseconds !== undefined && `, ${Math.round(milliseconds)} ms`}
        {`, ${WHERE[answer.route] ?? answer.route}`}
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

/** The method in one sentence, with its paper and the description that the server has. */
function AboutMethod({ id }: { readonly id: string }) {
  const method = state.methodOf(id);
  if (!method) return null;
  return (
    <p class="hint">
      {method.title}: {method.summary}{' '}
      {method.paper && (
        <a href={method.paper.url} target="_blank" rel="noreferrer">
          {method.paper.title} ({method.paper.year})
        </a>
      )}{' '}
      <a href={`/v2/methods/${id}`} target="_blank" rel="noreferrer">
        Its parameters
      </a>
    </p>
  );
}

const WHERE: Readonly<Record<string, string>> = {
  cache: 'from the cache of the server',
  edge: 'on the server',
  origin: 'on the server (origin)',
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
