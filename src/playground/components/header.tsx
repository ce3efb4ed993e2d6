import { useRef } from 'preact/hooks';
import { chooseModel, useKey, usePlace } from '../actions.ts';
import { key, model, models, type Place, place } from '../state.ts';

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

function KeyEntry() {
  const input = useRef<HTMLInputElement>(null);
  const dialog = useRef<HTMLDialogElement>(null);
  const close = (value: string) => {
    dialog.current?.close();
    if (value !== key.value) void useKey(value);
  };
  return (
    <>
      <button type="button" onClick={() => dialog.current?.showModal()}>
        Key{key.value === '' ? '' : ': set'}
      </button>
      <dialog ref={dialog} aria-labelledby="key-title">
        <form
          method="dialog"
          onSubmit={(event) => {
            event.preventDefault();
            close(input.current?.value.trim() ?? '');
          }}
        >
          <h2 id="key-title">Your key</h2>
          <p>
            A key decides which models and methods you may use. It stays in this page: it is in no link, and it is
            forgotten when the page closes.
          </p>
          <label class="stacked">
            Key
            <input ref={input} type="password" autocomplete="off" defaultValue={key.value} />
          </label>
          <div class="row">
            <button type="submit" class="primary">
              Use it
            </button>
            <button type="button" onClick={() => close('')}>
              Go without
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
}
