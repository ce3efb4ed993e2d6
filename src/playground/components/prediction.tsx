import { useState } from 'preact/hooks';
import { SURE } from '../../core/model/confidence.ts';
import { chooseTarget, toggleTarget } from '../actions.ts';
import {
  changed,
  isAnswered,
  labelOf,
  model,
  predicting,
  predictions,
  probabilities,
  ranking,
  targets,
} from '../state.ts';
import { Found } from './found.tsx';
import { percent } from './percent.ts';

const SHOWN = 5;

/** The classes that the model sees, best first. Each can be explained, by itself or against the first. */
export function Prediction() {
  const [all, setAll] = useState(false);
  const ranked = ranking.value;
  const [first] = ranked;
  const covered = changed.value && probabilities(changed.value);
  return (
    <section aria-labelledby="prediction-title" aria-busy={!isAnswered.value}>
      <h2 id="prediction-title">Prediction</h2>
      {!isAnswered.value && <p class="hint">{predicting.value ? 'Looking …' : 'There is no prediction.'}</p>}
      {model.value?.description && <p class="hint">{model.value.description}</p>}
      {first && first.probability < SURE && (
        <p class="unsure">Not sure: the best guess has {percent(first.probability)}.</p>
      )}
      {predictions.value && <Found />}
      <ol class="classes">
        {ranked.slice(0, all ? 100 : SHOWN).map(({ index, element, label, probability, score }) => {
          const own = String(index);
          const margin = `${first?.index} - ${index}`;
          const now = covered?.[element];
          return (
            <li key={index}>
              <button
                type="button"
                class="class"
                aria-pressed={targets.value.includes(own)}
                onClick={() => void chooseTarget(own)}
                title={`Explain ${label}. Score ${score.toFixed(3)}`}
              >
                <span class="bar" style={{ width: `${probability * 100}%` }} />
                {now !== undefined && <span class="bar covered" style={{ width: `${now * 100}%` }} />}
                <span class="label">{label}</span>
                <span class="share">{percent(probability)}</span>
              </button>
              <button
                type="button"
                class="mini"
                aria-pressed={targets.value.includes(own)}
                title={`Own row of maps for ${label}`}
                onClick={() => void toggleTarget(own)}
              >
                <span aria-hidden="true">+</span>
                <span class="unseen">{label}: own row of maps</span>
              </button>
              {first && index !== first.index ? (
                <button
                  type="button"
                  class="mini"
                  aria-pressed={targets.value.includes(margin)}
                  title={`Why ${labelOf(first.index)} rather than ${label}`}
                  onClick={() => void toggleTarget(margin)}
                >
                  <span aria-hidden="true">vs</span>
                  <span class="unseen">
                    Why {labelOf(first.index)} rather than {label}
                  </span>
                </button>
              ) : (
                <span class="mini" aria-hidden="true" />
              )}
            </li>
          );
        })}
      </ol>
      {first && <p class="hint">+ adds a row of maps; vs asks why {first.label} rather than this class.</p>}
      {ranked.length > SHOWN && (
        <button type="button" class="plain" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Fewer classes' : `More classes (${ranked.length - SHOWN})`}
        </button>
      )}
    </section>
  );
}
