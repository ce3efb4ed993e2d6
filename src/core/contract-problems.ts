/** Checks of components (modalities, tasks, metrics) that anybody may write against their contracts. */
import { WhylightError } from './errors.ts';

const SNAKE_CASE = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;

/** Members that components of every kind have. */
interface Component {
  readonly apiVersion: number;
  readonly id: string;
  readonly about: { readonly title: string; readonly summary: string };
}

/** Expectations of one kind of component. */
export interface Contract {
  /** Noun for messages. */
  readonly kind: 'modality' | 'task' | 'metric';
  readonly apiVersion: number;
  readonly functions: readonly string[];
  /** An id that fits, for the message. */
  readonly example: string;
}

/**
 * Lists what is wrong with anything (the default export of a package) in the members that every component has.
 * @returns sentences without a full stop; empty where nothing is wrong
 */
export function* contractProblems(value: object, { apiVersion, functions, example }: Contract): Generator<string> {
  const component = value as Partial<Component> & Readonly<Record<string, unknown>>;
  if (component.apiVersion !== apiVersion) yield `apiVersion must be ${apiVersion}`;
  if (typeof component.id !== 'string' || !SNAKE_CASE.test(component.id)) {
    yield `id must be snake_case, such as ${example}`;
  }
  if (!component.about?.title || !component.about.summary) yield 'about needs a title and a summary';
  for (const name of functions) if (typeof component[name] !== 'function') yield `${name} must be a function`;
}

/** @throws WhylightError `invalid_config` that lists the problems, where there are any */
export function refuseProblems({ kind }: Contract, value: object, problems: readonly string[]): void {
  if (problems.length === 0) return;
  const { id } = value as Partial<Component>;
  throw new WhylightError(
    'invalid_config',
    `The ${kind} "${String(id)}" breaks the contract: ${problems.join('; ')}. See docs/plugins.md.`,
    { [kind]: id, problems },
  );
}

/** Members of anything, none for what is no object. */
export const membersOf = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {});
