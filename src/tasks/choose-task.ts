/** The task of a model. */
import { nearest, WhylightError } from '../core/errors.ts';
import type { ModelDescription } from '../core/model/description.ts';
import type { Task } from '../core/task/task.ts';

/**
 * The task of this id; without one the task with the most evidence, the earlier of equals.
 * @throws WhylightError `invalid_request` for an id that no task has
 */
export function chooseTask(
  tasks: readonly Task[],
  description: ModelDescription,
  metadata?: Readonly<Record<string, string>>,
  id?: string,
): Task {
  if (id === undefined) {
    const ranked = tasks.map((task) => ({ task, evidence: task.recognise(description, metadata) }));
    return ranked.reduce((best, one) => (one.evidence > best.evidence ? one : best)).task;
  }
  const named = tasks.find((task) => task.id === id);
  if (named) return named;
  const ids = tasks.map((task) => task.id);
  const close = nearest(id, ids);
  throw new WhylightError(
    'invalid_request',
    `There is no task "${id}". ${close.length > 0 ? `Did you mean ${close.join(' or ')}?` : `There are ${ids.join(', ')}.`}`,
    { task: id, tasks: ids },
  );
}
