import { useState } from 'preact/hooks';
import { asFailure } from '../guarded.ts';
import { uploadOwn } from '../own-model.ts';
import { model } from '../state.ts';

/** Puts the model of the user onto the server, where the key allows it. */
export function UploadForm() {
  const [name, setName] = useState(model.value?.name ?? 'model');
  const [version, setVersion] = useState('1');
  const [said, setSaid] = useState<string>();
  const [busy, setBusy] = useState(false);
  const upload = async (): Promise<void> => {
    setBusy(true);
    setSaid(undefined);
    try {
      await uploadOwn(name, version);
    } catch (error) {
      const { code, message } = asFailure(error);
      const mayNot = code === 'unauthorized' || code === 'forbidden';
      setSaid(mayNot ? `The server does not take models with this key: ${message}` : message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <details>
      <summary>Upload to the server</summary>
      <form
        class="editor"
        onSubmit={(event) => {
          event.preventDefault();
          void upload();
        }}
      >
        <p class="hint">
          Others who may use the server can then ask this model. It needs a key that may upload models.
        </p>
        <NameField label="Name" value={name} set={setName} />
        <NameField label="Version" value={version} set={setVersion} />
        <button type="submit" disabled={busy}>
          {busy ? 'Uploading …' : 'Upload'}
        </button>
        {said !== undefined && (
          <p class="failure" role="alert">
            {said}
          </p>
        )}
      </form>
    </details>
  );
}

interface NameFieldProps {
  readonly label: string;
  readonly value: string;
  readonly set: (value: string) => void;
}

/** Field for a name as the registry takes it. */
const NameField = ({ label, value, set }: NameFieldProps) => (
  <label class="stacked">
    {label}
    <input
      value={value}
      required
      pattern="[A-Za-z0-9][A-Za-z0-9._\-]{0,63}"
      onInput={({ currentTarget }) => set(currentTarget.value)}
    />
  </label>
);
