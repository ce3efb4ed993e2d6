import { useState } from 'preact/hooks';
import { toggleMethod } from '../actions.ts';
import type { MethodInfo } from '../api.ts';
import { costWords, recommendedFor } from '../recommended.ts';
import { choices, kind, methodOf, methods } from '../state.ts';
import { MethodForm } from './method-form.tsx';

/** Choice of methods and their parameters: the recommended ones first, the others behind a search. */
export function Methods() {
  const lines = recommendedFor(kind.value);
  const recommended = Object.keys(lines).flatMap((id) => methodOf(id) ?? []);
  const others = methods.value.filter(({ id }) => !recommended.some((one) => one.id === id));
  return (
    <section class="methods" aria-labelledby="methods-title">
      <h2 id="methods-title">Methods</h2>
      <div class="recommended">
        {recommended.map((method) => (
          <Entry key={method.id} method={method} line={lines[method.id] ?? method.summary} />
        ))}
      </div>
      <Search methods={others} />
      <MethodForm />
    </section>
  );
}

function Search({ methods }: { readonly methods: readonly MethodInfo[] }) {
  const [sought, setSought] = useState('');
  const words = sought.toLowerCase().split(/\s+/);
  const found = methods.filter((method) => {
    const text = `${method.id} ${method.title} ${method.strategy} ${method.summary} ${method.modalities.join(' ')}`;
    return words.every((word) => text.toLowerCase().includes(word));
  });
  // Those that apply first; the order is that of the server otherwise.
  const sorted = found.toSorted((a, b) => Number(b.applies ?? true) - Number(a.applies ?? true));
  return (
    <details class="catalogue">
      <summary>More methods ({methods.length})</summary>
      <label class="stacked">
        Search
        <input
          type="search"
          placeholder="gradient, layer, shap …"
          value={sought}
          onInput={({ currentTarget }) => setSought(currentTarget.value)}
        />
      </label>
      <div class="list">
        {sorted.map((method) => (
          <Entry key={method.id} method={method} line={method.summary} />
        ))}
        {sorted.length === 0 && <p class="hint">No method has these words in its name or description.</p>}
      </div>
    </details>
  );
}

/** A method with one line and its cost, or with the reason why it does not apply. */
function Entry({ method, line }: { readonly method: MethodInfo; readonly line: string }) {
  const { id, title, applies = true, refusal } = method;
  const chosen = choices.value.some((one) => one.method === id);
  const cost = costWords(method);
  return (
    <label class={`entry ${applies ? '' : 'refused'}`}>
      <input
        type="checkbox"
        aria-label={title}
        aria-describedby={`about-${id}`}
        checked={chosen}
        disabled={!applies && !chosen}
        onChange={() => void toggleMethod(id)}
      />
      <span>
        <span class="name">{title}</span>
        <span class="hint" id={`about-${id}`}>
          {applies ? line : refusal}
        </span>
        {applies && cost !== '' && <span class="hint cost">{cost}</span>}
      </span>
    </label>
  );
}
