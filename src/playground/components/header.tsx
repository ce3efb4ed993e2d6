import { chooseModel, usePlace } from '../actions.ts';
import { model, models, type Place, place } from '../state.ts';
import { KeyEntry } from './key-entry.tsx';

/** Which model, computed where, and for whom. */
export function Header() {
  return (
    <header>
      <h1>
        <span class="lamp" aria-hidden="true" />
        whylight
      </h1>
      <div class="controls">
        <label>
          Model{' '}
          <select
            value={model.value?.name ?? ''}
            onChange={({ currentTarget }) => void chooseModel(currentTarget.value)}
            title={model.value?.description}
          >
            {models.value.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        {model.value?.downloadable && (
          <label title="In the browser, your image does not leave this machine.">
            Runs{' '}
            <select value={place.value} onChange={({ currentTarget }) => void usePlace(currentTarget.value as Place)}>
              <option value="server">on the server</option>
              <option value="browser">in the browser</option>
            </select>
          </label>
        )}
        <KeyEntry />
      </div>
    </header>
  );
}
