/** Scores over the vocabulary that a text model reads its tokens from. */
import type { Dim, Graph } from '../../onnx/graph.ts';
import type { Fact, InputFact, TaskId } from '../description.ts';
import { idTables } from '../id-tables.ts';
import type { OutputReading } from './outputs.ts';
import type { StatedFacts } from './stated-facts.ts';

type Vocabulary = NonNullable<StatedFacts['vocabulary']>;

/** Scores over a vocabulary of known size, at each position: `[N, T, vocabulary]`. */
export function overVocabulary(
  dims: readonly Dim[] = [],
  vocabulary: Vocabulary | undefined,
): { readonly task: Fact<TaskId>; readonly reading: OutputReading } | undefined {
  if (!vocabulary || dims.length !== 3 || dims[2] !== vocabulary.value.size) return undefined;
  const { task } = vocabulary.value;
  return { task: { value: task, source: vocabulary.source }, reading: { task, classAxis: 2 } };
}

/**
 * Size of the table that token ids are looked up in, and the task of scores over it: masked tokens where the model tells
 * segments apart, else the token that follows.
 * @param tokens the explained input
 */
export function vocabularyFact(graph: Graph, tokens: InputFact, inputs: readonly InputFact[]): Vocabulary | undefined {
  if (tokens.modality.value !== 'text') return undefined;
  const sizes = (idTables(graph).get(tokens.name) ?? [])
    .filter(({ entryOf }) => entryOf(0, 0) === 0 && entryOf(1, 0) === 1)
    .map(({ entries }) => entries);
  if (sizes.length === 0) return undefined;
  const isMasked = !hasState(inputs) && inputs.some(({ name }) => /token_?type|segment/i.test(name));
  return { value: { size: Math.max(...sizes), task: isMasked ? 'fill_mask' : 'next_token' }, source: 'graph' };
}

/** True where something is carried from step to step, as only models that go on writing do. */
export const hasState = (inputs: readonly InputFact[]): boolean => inputs.some(({ role }) => role.value === 'state');
