import { useEffect, useRef, useState } from 'preact/hooks';
import { useText } from '../actions.ts';
import { textInput } from '../data-samples.ts';
import { input, kind } from '../state.ts';
import { ask } from '../what-if.ts';

/** A text, or the numbers of a series as JSON. The prediction follows while it is changed; the explanation on demand. */
export function TextEditor({ label }: { readonly label: string }) {
  const given = input.value?.text ?? '';
  const [text, setText] = useState(given);
  const before = useRef(given);
  useEffect(() => {
    // What was typed before the first sample came is kept.
    if (before.current !== '' || text === '') setText(given);
    before.current = given;
  }, [given]);
  const isNew = text !== given && text.trim() !== '';
  return (
    <form
      class="editor"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== '') void useText(text);
      }}
    >
      <label class="stacked">
        {label}
        <textarea
          rows={5}
          dir="auto"
          value={text}
          onInput={({ currentTarget: { value } }) => {
            setText(value);
            const isChanged = value !== given && value.trim() !== '';
            // Numbers are incomplete while they are typed.
            if (kind.value === 'text') ask(isChanged ? async () => textInput('text', value) : undefined);
          }}
        />
      </label>
      <div class="row">
        <button type="submit" class={isNew ? 'primary' : ''} disabled={!isNew}>
          Explain this {kind.value === 'text' ? 'text' : 'series'}
        </button>
      </div>
    </form>
  );
}
