import { useState } from 'preact/hooks';
import { cancel, explain, toggleMethod } from '../actions.ts';
import { choices, edited, methodOf, methods, missing, running, seed } from '../state.ts';
import { ParameterForm } from './parameters.tsx';

/** Which methods, with which parameters. */
export function Methods() {
  const [sought, setSought] = useState('');
  const found = methods.value.filter(({ id, title, strategy }) =>
    `${id} ${title} ${strategy}`.toLowerCase().includes(sought.toLowerCase()),
  );
  const strategies = [...new Set(found.map(({ strategy }) => strategy))];
  const choice = choices.value[edited.value] ?? choices.value[0];
  const method = choice && methodOf(choice.method);
  return (
    <section aria-labelledby="methods-title">
      <h2 id="methods-title">Methods</h2>
      <ul class="chosen" aria-label="Chosen methods">
        {choices.value.map((one, i) => (
          <li key={one.method} class={one === choice ? 'current' : ''}>
            <button type="button" aria-pressed={one === choice} onClick={() => (edited.value = i)}>
              {methodOf(one.method)?.title ?? one.method}
            </button>
            {choices.value.length > 1 && (
              <button
                type="button"
                class="plain"
                aria-label={`Remove ${methodOf(one.method)?.title ?? one.method}`}
                onClick={() => void toggleMethod(one.method)}
              >
                ✕
              </button>
            )}
          </li>
        ))}
      </ul>
      <details class="catalogue">
        <summary>Add a method to compare ({methods.value.length})</summary>
        <label class="stacked">
          Search
          <input type="search" value={sought} onInput={({ currentTarget }) => setSought(currentTarget.value)} />
        </label>
        <div class="list">
          {strategies.map((strategy) => (
            <fieldset key={strategy}>
              <legend>{strategy}</legend>
              {found
                .filter((one) => one.strategy === strategy)
                .map(({ id, title, summary }) => (
                  <label key={id} title={summary}>
                    <input
                      type="checkbox"
                      checked={choices.value.some((one) => one.method === id)}
                      onChange={() => void toggleMethod(id)}
                    />{' '}
                    {title}
                  </label>
                ))}
            </fieldset>
          ))}
        </div>
      </details>
      {method && choice && (
        <form
          class="parameters"
          onSubmit={(event) => {
            event.preventDefault();
            void explain();
          }}
        >
          <p class="hint">
            {method.summary}
            {method.paper && ` (${method.paper.title}, ${method.paper.year})`}
          </p>
          <ParameterForm method={method} choice={choice} at={choices.value.indexOf(choice)} />
          {methods.value.length > 0 && !method.properties.deterministic && (
            <label class="field">
              <span>seed</span>
              <input
                type="number"
                min="0"
                step="1"
                value={seed.value}
                onChange={({ currentTarget }) =>
                  (seed.value = Math.max(0, Math.trunc(currentTarget.valueAsNumber || 0)))
                }
              />
            </label>
          )}
          <div class="row run">
            <button type="submit" class="primary" disabled={missing.value.length === 0}>
              {running.value ? 'Explaining …' : missing.value.length > 0 ? 'Explain' : 'Up to date'}
            </button>
            {running.value && (
              <button type="button" onClick={cancel}>
                Cancel
              </button>
            )}
          </div>
        </form>
      )}
    </section>
  );
}
