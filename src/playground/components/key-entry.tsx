import { useRef, useState } from 'preact/hooks';
import { counted } from '../../core/counted.ts';
import { useKey } from '../actions.ts';
import type { Failure } from '../failure.ts';
import { key, methods } from '../state.ts';

/** The key of a tenant, which is tried before it is used. */
export function KeyEntry() {
  const input = useRef<HTMLInputElement>(null);
  const dialog = useRef<HTMLDialogElement>(null);
  const [failure, setFailure] = useState<string>();
  const use = async (value: string): Promise<void> => {
    setFailure(undefined);
    try {
      if (value !== key.value) await useKey(value);
      dialog.current?.close();
    } catch (error) {
      const { code, message } = error as Failure;
      setFailure(code === 'unauthorized' ? 'This key is not valid.' : message);
    }
  };
  return (
    <>
      <button type="button" onClick={() => dialog.current?.showModal()}>
        Key{key.value === '' ? '' : `: set, ${counted(methods.value.length - 1, 'method')}`}
      </button>
      <dialog ref={dialog} aria-labelledby="key-title" onClose={() => setFailure(undefined)}>
        <form
          method="dialog"
          onSubmit={(event) => {
            event.preventDefault();
            void use(input.current?.value.trim() ?? '');
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
          {failure && (
            <p class="failure" role="alert">
              {failure}
            </p>
          )}
          <div class="row">
            <button type="submit" class="primary">
              Use it
            </button>
            <button type="button" onClick={() => void use('')}>
              Use no key
            </button>
            <button type="button" onClick={() => dialog.current?.close()}>
              Cancel
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
}
