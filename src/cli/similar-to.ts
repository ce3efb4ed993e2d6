/** The embedding that the flag `--similar-to` names. */
import { existsSync } from 'node:fs';
import { embeddingOf, vectorOf } from '../core/explainer/embedding.ts';
import type { Explainer } from '../core/explainer/explainer.ts';
import { modalityOf } from '../core/modality/registry.ts';
import type { OpenedModel } from '../library/opened-model.ts';
import { UsageError } from './arguments.ts';
import { readSubjects } from './read-subjects.ts';

interface SimilarFlags {
  readonly 'similar-to'?: string;
  readonly task?: string;
}

/**
 * A JSON list is the embedding itself; for a model of texts, what is no file is a text; else it is a file.
 * @throws UsageError for a file with several rows
 * @throws WhylightError `not_found`, `unsupported_media_type`, and what running the model throws
 */
export async function similarToOf(
  explainer: Explainer,
  opened: OpenedModel,
  { 'similar-to': given, task }: SimilarFlags,
): Promise<readonly number[] | undefined> {
  const vector = given === undefined ? undefined : vectorOf(given);
  if (given === undefined || vector) return vector;
  const isText = modalityOf(opened.model) === 'text' && !existsSync(given);
  const [subject, ...others] = await readSubjects(opened, isText ? { text: given } : {}, isText ? [] : [given]);
  if (!subject || others.length > 0) throw new UsageError(`--similar-to takes one input, not the rows of ${given}.`);
  const { inputs } = subject;
  return embeddingOf(explainer, opened.model, { inputs, ...(task !== undefined && { corrections: { task } }) });
}
