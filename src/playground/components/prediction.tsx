import { useState } from 'preact/hooks';
import { doubtAbout, percent } from '../../core/model/confidence.ts';
import { toggleTarget } from '../actions.ts';
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
import { AnswerButton } from './answer-button.tsx';
import { Found } from './found.tsx';

const SHOWN = 5;

/** The classes that the model sees, best first. Each can be explained, by itself or against the first. */
export function Prediction() {
  const [all, setAll] = useState(false);
  const ranked = ranking.value;
  const [first] = ranked;
  const doubt = doubtAbout(first?.probability);
  const covered = changed.value && probabilities(changed.value);
  return (
    <section aria-labelledby="prediction-title" aria-busy={!isAnswered.value}>
      <h2 id="prediction-title">Prediction</h2>
      {!isAnswered.value && <p class="hint">{predicting.value ? 'Looking …' : 'There is no prediction.'}</p>}
      {model.value?.description && <p class="hint">{model.value.description}</p>}
      {doubt && <p class="unsure">{doubt}</p>}
      {predictions.value && <Found />}
      <ol class="classes">
        {ranked.slice(0, all ? 100 : SHOWN).map(({ index, element, label, probability, score }) => {
          const margin = `${first?.index} - ${index}`;
          const shown = { name: label, score, bar: probability, value: percent(probability), row: 'own row of maps' };
          return (
            <AnswerButton key={index} target={String(index)} {...shown} covered={covered?.[element]}>
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
            </AnswerButton>
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
