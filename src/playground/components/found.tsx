import { chooseTarget, toggleTarget } from '../actions.ts';
import { predictions, predictionWords, targets } from '../state.ts';
import { percent } from './percent.ts';

/** Rows of the list at most. */
const SHOWN = 20;

/** Answers of a model whose task has no classes: boxes, words, values. Each can be explained. */
export function Found() {
  const found = predictions.value ?? [];
  if (found.length === 0) return <p class="hint">The model found nothing in this input.</p>;
  return (
    <>
      <ol class="classes">
        {found.slice(0, SHOWN).map(({ score, probability, label, class: index, word }, i) => {
          const target = `box:${i}`;
          const name = predictionWords(i);
          const kind = word === undefined ? '' : ` ${label ?? `class ${index}`}`;
          return (
            <li key={i}>
              <button
                type="button"
                class="class"
                aria-pressed={targets.value.includes(target)}
                title={`Explain ${name}. Score ${score.toFixed(3)}`}
                onClick={() => void chooseTarget(target)}
              >
                <span class="bar" style={{ width: `${(probability ?? 0) * 100}%` }} />
                <span class="label">
                  {name}
                  {kind}
                </span>
                <span class="share">{probability === undefined ? short(score) : percent(probability)}</span>
              </button>
              <button
                type="button"
                class="mini"
                aria-pressed={targets.value.includes(target)}
                title={`Own row for ${name}`}
                onClick={() => void toggleTarget(target)}
              >
                <span aria-hidden="true">+</span>
                <span class="unseen">{name}: own row</span>
              </button>
            </li>
          );
        })}
      </ol>
      {found.length > SHOWN && <p class="hint">{found.length - SHOWN} more are not shown.</p>}
    </>
  );
}

const short = (value: number): string => String(Number(value.toPrecision(4)));
