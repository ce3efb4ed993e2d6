/** Language models: scores over the vocabulary, at the last token or at the tokens that are masked. */

import type { ModelDescription } from '../../core/model/description.ts';
import type { Task, TaskContext } from '../../core/task/task.ts';
import { defineTask } from '../define-task.ts';
import { checkedClass, classNamed, numbered, targetNotFound } from '../named-class.ts';
import { largest } from '../scores.ts';
import { overTokens, type TokenScores, tokenPrediction, tokenScores, tokenTarget } from './tokens.ts';

const DEFAULT_TOP = 5;

export interface VocabularyTask {
  readonly id: 'next_token' | 'fill_mask';
  readonly title: string;
  readonly summary: string;
  /** Evidence beside that of the shape. */
  evidence(description: ModelDescription): number;
  /** Token at which the vocabulary is scored. */
  position(scores: TokenScores, context: TaskContext): number;
}

export const defineVocabulary = ({ id, title, summary, evidence, position }: VocabularyTask): Task =>
  defineTask({
    id,
    title,
    summary,
    hasPlaces: true,
    evidence: (description) => (overTokens(description) && !description.explained.labels ? evidence(description) : 0),
    read(outputs, context) {
      const scores = tokenScores(outputs, context);
      const at = position(scores, context);
      const values = Array.from({ length: scores.classes }, (_, k) => scores.data[scores.element(k, at)] as number);
      return largest(values, context.top ?? DEFAULT_TOP).map((klass) => tokenPrediction(scores, klass, at));
    },
    target(choice, outputs, context) {
      if ('point' in choice || 'box' in choice)
        throw targetNotFound('Tokens have no place in an image: choose a token of the vocabulary.');
      const scores = tokenScores(outputs, context);
      const at = position(scores, context);
      if ('prediction' in choice) {
        const found = this.read(outputs, { ...context, top: Math.max(DEFAULT_TOP, choice.prediction + 1) });
        const { class: klass } = numbered(found, choice.prediction);
        return { ...tokenTarget(scores, klass as number, at), prediction: choice.prediction };
      }
      const klass = 'class' in choice ? checkedClass(choice.class, scores) : classNamed(choice.label, scores);
      return tokenTarget(scores, klass, at);
    },
  });
