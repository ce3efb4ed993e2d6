/** Facts that somebody states about a model: a request, a manifest, files beside the model, metadata inside of it. */
import type { Preprocessing } from '../../image/preprocess.ts';
import type { Fact, ModalityId, Role, TaskId } from '../description.ts';

export interface StatedInput {
  readonly modality?: Fact<ModalityId>;
  readonly layout?: Fact<string>;
  readonly batchAxis?: Fact<number | null>;
  readonly role?: Fact<Role>;
}

export interface StatedFacts {
  /** Output that is explained. */
  readonly output?: Fact<string>;
  readonly task?: Fact<TaskId>;
  /** Class axis of the explained output, in the output's own axes. */
  readonly classAxis?: Fact<number>;
  readonly labels?: Fact<readonly string[]>;
  /** Index of the first class along the class axis. */
  readonly labelOffset?: Fact<number>;
  /** A detector gives a list of boxes, suppression being part of its graph. */
  readonly endToEnd?: Fact<boolean>;
  /** Size of the vocabulary, and the task of an output whose last axis is as long. */
  readonly vocabulary?: Fact<{ readonly size: number; readonly task: TaskId }>;
  readonly preprocessing?: Fact<Preprocessing>;
  readonly inputs?: Readonly<Record<string, StatedInput>>;
  /** Inputs that are held fixed, beside those that are by themselves. */
  readonly hold?: Fact<readonly string[]>;
}

/** One set of facts from several, the strongest first. */
export function strongest(sources: readonly StatedFacts[]): StatedFacts {
  const inputs: Record<string, StatedInput> = {};
  for (const source of sources.toReversed()) {
    for (const [name, stated] of Object.entries(source.inputs ?? {})) inputs[name] = { ...inputs[name], ...stated };
  }
  return { ...Object.assign({}, ...sources.toReversed().map(withoutGaps)), inputs };
}

const withoutGaps = (facts: StatedFacts): StatedFacts =>
  Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined));
