import { percent } from '../../core/model/confidence.ts';
import { ownWord, predictions, predictionWords } from '../state.ts';
import { AnswerButton } from './answer-button.tsx';

/** Rows of the list at most. */
const SHOWN = 20;

/** Answers of a model whose task has no classes: boxes, words, values. Each can be explained. */
export function Found() {
  const found = predictions.value ?? [];
  if (found.length === 0) return <p class="hint">The model found nothing in this input.</p>;
  return (
    <>
      <ol class="classes">
        {found.slice(0, SHOWN).map((prediction, i) => {
          const { score, probability, label, class: index } = prediction;
          const isClassOfWord = ownWord(prediction) !== undefined && index !== undefined;
          const kind = isClassOfWord ? ` ${label ?? `class ${index}`}` : '';
          const value = probability === undefined ? short(score) : percent(probability);
          const shown = { name: predictionWords(i), kind, score, bar: probability ?? 0, value, row: 'own row' };
          return <AnswerButton key={i} target={`box:${i}`} {...shown} />;
        })}
      </ol>
      {found.length > SHOWN && <p class="hint">{found.length - SHOWN} more are not shown.</p>}
    </>
  );
}

const short = (value: number): string => String(Number(value.toPrecision(4)));
