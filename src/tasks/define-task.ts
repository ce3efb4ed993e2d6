/** Definition of tasks. */
import type { ModelDescription } from '../core/model/description.ts';
import type { Task } from '../core/task/task.ts';
import { stated } from './evidence.ts';

/** Definition of a task: its name, the evidence that the graph gives for it, and its reading of outputs. */
export interface TaskDefinition extends Omit<Task, 'apiVersion' | 'about' | 'recognise'> {
  readonly title: string;
  readonly summary: string;
  /**
   * Evidence between 0 and 1 from the description; undefined where the outputs cannot be read as this task, whatever is
   * stated. A task that a person or a file states has more.
   */
  evidence(description: ModelDescription, metadata?: Readonly<Record<string, string>>): number | undefined;
}

/** Makes a task of its definition: what is stated of the explained output counts as evidence. */
export const defineTask = ({ title, summary, evidence, ...rest }: TaskDefinition): Task => ({
  apiVersion: 1,
  about: { title, summary },
  recognise(description, metadata) {
    const found = evidence(description, metadata);
    return found === undefined ? 0 : Math.max(stated(description, rest.id), found);
  },
  fits: (description, metadata) => evidence(description, metadata) !== undefined,
  ...rest,
});
