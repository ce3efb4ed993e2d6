import { useState } from 'preact/hooks';
import type { Question } from '../api.ts';
import { LANGUAGES, type Language, snippet } from '../snippets.ts';
import { input, key } from '../state.ts';
import { CopyButton } from './copy-button.tsx';

/** The same question as code. */
export function Copy({ question }: { readonly question: Question }) {
  const [language, setLanguage] = useState<Language>('curl');
  const file = fileOf();
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

/** File that the code reads: a sample of the repository, else one that the reader has. */
function fileOf(): string {
  const { value } = input;
  if (!value?.image) return `input.${value?.extension ?? 'json'}`;
  return value.sample ? `examples/photos/${value.name}` : 'photo.jpg';
}
