import { cancel, explain, tryAgain } from '../runs.ts';
import { choices, edited, hasFailed, methodOf, missing, running, seed } from '../state.ts';
import { ParameterForm } from './parameters.tsx';

/** Parameters of one of the chosen methods, folded away, and the button that runs what is missing. */
export function MethodForm() {
  const choice = choices.value[edited.value] ?? choices.value[0];
  const method = choice && methodOf(choice.method);
  if (!method || !choice) return null;
  return (
    <form
      class="parameters"
      onSubmit={(event) => {
        event.preventDefault();
        void (missing.value.length > 0 ? explain() : tryAgain());
      }}
    >
      <details>
        <summary>Parameters</summary>
        <Chosen />
        <ParameterForm method={method} choice={choice} at={choices.value.indexOf(choice)} />
        {!method.properties.deterministic && (
          <label class="field">
            <span>seed</span>
            <input
              type="number"
              min="0"
              step="1"
              value={seed.value}
              onChange={({ currentTarget }) => (seed.value = Math.max(0, Math.trunc(currentTarget.valueAsNumber || 0)))}
            />
          </label>
        )}
      </details>
      <Run />
    </form>
  );
}

/** Chooses the method whose parameters are shown. */
const Chosen = () => (
  <ul class="chosen" aria-label="Chosen methods">
    {choices.value.map((one, i) => (
      <li key={one.method}>
        <button type="button" aria-pressed={i === edited.value} onClick={() => (edited.value = i)}>
          {methodOf(one.method)?.title ?? one.method}
        </button>
      </li>
    ))}
  </ul>
);

/** Present only while there is something to run, to repeat or to cancel. */
function Run() {
  const isMissing = missing.value.length > 0;
  if (!isMissing && !running.value && !hasFailed.value) return null;
  return (
    <div class="row run">
      {(isMissing || hasFailed.value) && (
        <button type="submit" class="primary">
          {isMissing ? 'Explain' : 'Try again'}
        </button>
      )}
      {running.value && (
        <button type="button" onClick={cancel}>
          Cancel
        </button>
      )}
    </div>
  );
}
