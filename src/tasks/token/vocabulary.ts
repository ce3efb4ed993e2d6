/** Language models: scores over the vocabulary, at the last token or at the tokens that are masked. */

import { quoted } from '../../core/errors.ts';
import type { ModelDescription } from '../../core/model/description.ts';
import type { Task, TaskContext } from '../../core/task/task.ts';
import { largestPositions } from '../../core/tensor/sort.ts';
import { defineTask } from '../define-task.ts';
import { checkedClass, classNamed, numbered, targetNotFound } from '../named-class.ts';
import { overTokens, type TokenScores, tokenPrediction, tokenScores, tokenTarget } from './tokens.ts';

const DEFAULT_TOP = 5;

export interface VocabularyTask {
  readonly id: 'next_token' | 'fill_mask';
  readonly title: string;
  readonly summary: string;
  readonly tokens?: Task['tokens'];
  /** Evidence beside that of the shape. */
  evidence(description: ModelDescription): number;
  /** Token at which the vocabulary is scored. */
  position(scores: TokenScores, context: TaskContext): number;
}

export const defineVocabulary = ({ evidence, position, ...definition }: VocabularyTask): Task =>
  defineTask({
    ...definition,
    hasPlaces: true,
    evidence: (description) => (overTokens(description) && !description.explained.labels ? evidence(description) : 0),
    read(outputs, context) {
      const scores = tokenScores(outputs, context);
      const at = position(scores, context);
      const values = Array.from({ length: scores.classes }, (_, k) => scores.data[scores.element(k, at)] as number);
      return largestPositions(values, context.top ?? DEFAULT_TOP).map((klass) => ({
        ...tokenPrediction(scores, klass, at),
        ...nameOf(klass, context),
      }));
    },
    target(choice, outputs, context) {
      if ('point' in choice || 'box' in choice)
        throw targetNotFound('Tokens have no place in an image: choose a token of the vocabulary.');
      const scores = tokenScores(outputs, context);
      const at = position(scores, context);
      if ('prediction' in choice) {
        const found = this.read(outputs, { ...context, top: Math.max(DEFAULT_TOP, choice.prediction + 1) });
        const { class: klass } = numbered(found, choice.prediction);
        const target = { ...tokenTarget(scores, klass as number, at), ...nameOf(klass as number, context) };
        return { ...target, prediction: choice.prediction };
      }
      const klass =
        'class' in choice ? checkedClass(choice.class, scores) : tokenNamed(choice.label, scores, at, context);
      return { ...tokenTarget(scores, klass, at), ...nameOf(klass, context) };
    },
  });

/** Name of a token of the vocabulary, where the tokenizer is known. */
function nameOf(klass: number, { vocabulary }: TaskContext): { label?: string } {
  const label = vocabulary?.nameOf(klass);
  return label === undefined ? {} : { label };
}

/** The token of a name; of several spellings, such as with a space in front, the one that scores highest. */
function tokenNamed(name: string, scores: TokenScores, at: number, { vocabulary }: TaskContext): number {
  const known = vocabulary?.idsOf(name).filter((id) => id < scores.classes) ?? [];
  const score = (klass: number): number => scores.data[scores.element(klass, at)] as number;
  if (known.length > 0) return known.reduce((best, id) => (score(id) > score(best) ? id : best));
  if (!vocabulary || /^\d+$/.test(name)) return classNamed(name, scores);
  throw targetNotFound(
    `The vocabulary has no token ${quoted(name)}: give a token as the tokenizer writes it, or its id.`,
  );
}
