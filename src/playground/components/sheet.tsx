import { contactSheet } from '../contact-sheet.ts';
import { saveCanvas } from '../download.ts';
import { linkTo } from '../link.ts';
import * as state from '../state.ts';
import { CellView } from './cell-view.tsx';
import { CopyButton } from './copy-button.tsx';
import { MapView } from './map-view.tsx';

/** The maps: a row for each target, a column for each method. */
export function Sheet() {
  const { value: targets } = state.targets;
  const { value: choices } = state.choices;
  return (
    <section class="sheet" id="maps" tabIndex={-1} aria-label="Maps">
      <div class="row tools">
        {!state.model.value?.own && <CopyLink />}
        {state.kind.value === 'image' && <SaveSheet />}
      </div>
      {targets.length === 0 && !state.predictions.value && (
        <p class="hint">
          {state.predicting.value ? 'Waiting for the prediction …' : 'There is no prediction to explain.'}
        </p>
      )}
      {state.predictions.value?.length === 0 && state.input.value?.image && (
        <MapView map={undefined} label="The image, in which the model found nothing" />
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
      title={own ? 'Your input is not in the link: whoever opens it brings their own.' : undefined}
    />
  );
}
