import { chooseModel, usePlace } from '../actions.ts';
import { returnToOwn } from '../own-model.ts';
import { model, models, own, type Place, place } from '../state.ts';
import { Gallery } from './gallery.tsx';
import { Guide } from './guide.tsx';
import { KeyEntry } from './key-entry.tsx';
import { OpenOwn } from './open-own.tsx';

/** Value of the user's own model in the list; no name of a model contains a blank. */
const OWN = 'your own';

/** Header of the page: choice of model, place of the computation, and key. */
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
            value={model.value?.own ? OWN : (model.value?.name ?? '')}
            onChange={({ currentTarget: { value } }) => void (value === OWN ? returnToOwn() : chooseModel(value))}
            title={model.value?.description}
          >
            {own.value && <option value={OWN}>{own.value.understood.info.name} (yours)</option>}
            {models.value.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <Gallery />
        <OpenOwn />
        {model.value?.downloadable && !model.value.own && (
          <label title="In the browser, your input does not leave this machine.">
            Runs{' '}
            <select value={place.value} onChange={({ currentTarget }) => void usePlace(currentTarget.value as Place)}>
              <option value="server">on the server</option>
              <option value="browser">in the browser</option>
            </select>
          </label>
        )}
        <Guide />
        <KeyEntry />
      </div>
    </header>
  );
}
