/** Token classification: a class for each token, such as the kind of name that it belongs to. */

import type { Prediction, TaskTarget } from '../../core/task/task.ts';
import { defineTask } from '../define-task.ts';
import { classExtent } from '../evidence.ts';
import { checkedClass, classNamed, numbered, targetNotFound } from '../named-class.ts';
import { bestOfEach, bestPosition, overTokens, type tokenPrediction, tokenScores, tokenTarget } from './tokens.ts';

/** Without names, more classes than this are a vocabulary. */
const MAX_UNNAMED = 32;

/** The class of tokens that are part of no name. */
const OUTSIDE = /^(o|outside|none)$/i;

export default defineTask({
  id: 'token_classification',
  title: 'Token classification',
  summary: 'A class for each token of a text.',
  hasPlaces: true,
  tokens: 'words',
  evidence(description) {
    if (!overTokens(description)) return 0;
    const classes = classExtent(description.explained);
    const few = typeof classes === 'number' && classes <= MAX_UNNAMED;
    return description.explained.labels ? 0.9 : few ? 0.5 : 0;
  },
  read(outputs, context) {
    return bestOfEach(tokenScores(outputs, context))
      .filter(({ label = '' }) => !OUTSIDE.test(label))
      .filter(({ score, probability = score }) => context.threshold === undefined || probability >= context.threshold)
      .sort((a, b) => (b.probability ?? b.score) - (a.probability ?? a.score))
      .slice(0, context.top);
  },
  target(choice, outputs, context) {
    if ('point' in choice || 'box' in choice)
      throw targetNotFound('Tokens have no place in an image: choose a prediction or a class.');
    const scores = tokenScores(outputs, context);
    if ('prediction' in choice) {
      const found = this.read(outputs, context);
      // A text without a name: the surest token says so.
      if (found.length === 0 && choice.prediction === 0) return targetAt(scores, surest(scores));
      return { ...targetAt(scores, numbered(found, choice.prediction)), prediction: choice.prediction };
    }
    const klass = 'class' in choice ? checkedClass(choice.class, scores) : classNamed(choice.label, scores);
    return tokenTarget(scores, klass, bestPosition(scores, klass));
  },
});

const targetAt = (scores: ReturnType<typeof tokenScores>, { class: klass, position }: Prediction): TaskTarget =>
  tokenTarget(scores, klass as number, position as number);

function surest(scores: ReturnType<typeof tokenScores>): ReturnType<typeof tokenPrediction> {
  const [first] = bestOfEach(scores).sort((a, b) => b.score - a.score);
  if (first) return first;
  throw targetNotFound('The attention mask hides every token.');
}
