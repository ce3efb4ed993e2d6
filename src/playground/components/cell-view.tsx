import { explain, tryAgain } from '../runs.ts';
import * as state from '../state.ts';
import { ColorBar } from './color-bar.tsx';
import { Facts } from './facts.tsx';
import { FeatureView } from './feature-view.tsx';
import { MapView } from './map-view.tsx';
import { methodUsed, WHERE } from './where.ts';

/** One explanation: a method for a target. */
export function CellView({ choice, target }: { readonly choice: state.Choice; readonly target: string }) {
  const cell = state.cells.value.get(state.cellName(choice, target));
  const title = titleOf(choice, cell);
  // Until the new place has answered, the map of the other one stays.
  const old = cell?.answer ? undefined : state.elsewhere(choice, target);
  const map = cell?.answer ? cell.answer.map : (cell?.partial ?? old?.map);
  return (
    <article
      class={state.input.value?.image ? 'cell pictured' : 'cell'}
      aria-label={`${title} for ${state.targetWords(target)}`}
      aria-busy={cell?.state === 'running'}
    >
      <h3>{title}</h3>
      {state.input.value?.image ? (
        <MapView map={map} label={`${title}: why ${state.targetWords(target)}`} />
      ) : (
        cell?.answer && <FeatureView answer={cell.answer} />
      )}
      <div class="about">
        {cell?.answer && !map && state.input.value?.image && (
          <p class="hint">The values of this method are those of an inner layer, which has no place in the image.</p>
        )}
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
        {!cell && !old && state.isAnswered.value && !state.predicting.value && (
          <p class="hint">
            Not computed yet.{' '}
            <button type="button" class="plain" onClick={() => void explain()}>
              Explain
            </button>
          </p>
        )}
        {cell?.answer && <Facts choice={choice} target={target} cell={cell} />}
      </div>
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
