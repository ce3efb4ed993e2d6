/** The tasks of a program, and the choice among them. */
import { nearest, WhylightError } from '../errors.ts';
import type { OutputForm } from '../model/describe/output-form.ts';
import { type ModelDescription, TASK_IDS, type TaskId } from '../model/description.ts';
import { checkTask } from './check.ts';
import type { Task } from './task.ts';

/**
 * @example
 * const tasks = new TaskRegistry([classification, objectDetection]);
 * const model = await Model.read({ bytes, forms: tasks.forms });
 * tasks.choose(model.description, model.metadata).id; // 'object_detection'
 */
export class TaskRegistry {
  /** In the order in which they were given: the earlier of equals is taken. */
  readonly tasks: readonly Task[];
  /** Forms of outputs that tasks tell by names and shapes alone, for `Model.read`. */
  readonly forms: readonly OutputForm[];

  /** @throws WhylightError `invalid_config` for a task that breaks the contract, and for an id that is taken */
  constructor(tasks: readonly Task[]) {
    for (const [i, task] of tasks.entries()) {
      checkTask(task);
      if (tasks.findIndex(({ id }) => id === task.id) === i) continue;
      throw new WhylightError('invalid_config', `Two tasks have the id "${task.id}": remove one of them.`, {
        task: task.id,
      });
    }
    this.tasks = tasks;
    this.forms = tasks.flatMap((task) =>
      task.recogniseShapes
        ? [{ task: task.id, recognise: (facts) => task.recogniseShapes?.(facts) ?? 0 } satisfies OutputForm]
        : [],
    );
  }

  /**
   * The task of this id; without one the task with the most evidence, the earlier of equals.
   * @throws WhylightError `invalid_request` for an id that no task has
   */
  choose(description: ModelDescription, metadata?: Readonly<Record<string, string>>, id?: TaskId): Task {
    if (id !== undefined) return this.get(id);
    const ranked = this.tasks.map((task) => ({ task, evidence: task.recognise(description, metadata) }));
    return ranked.reduce((best, one) => (one.evidence > best.evidence ? one : best)).task;
  }

  /**
   * The task that a request states.
   * @throws WhylightError `invalid_request` for an id that no task has, `unprocessable_method` for a task that cannot read
   * the outputs
   */
  stated(id: TaskId, description: ModelDescription, metadata?: Readonly<Record<string, string>>): Task {
    const task = this.get(id);
    if (task.fits?.(description, metadata) ?? true) return task;
    const outputs = description.outputs.map(({ name, shape }) => `"${name}" [${shape.join(', ')}]`);
    const likely = this.choose(description, metadata).id;
    const message = `The outputs ${outputs.join(', ')} cannot be read as ${id}: leave the task out, which reads them as ${likely}, or state another.`;
    throw new WhylightError('unprocessable_method', message, { task: id, likely, parameter: 'task' });
  }

  /** @throws WhylightError `invalid_request` for an id that no task has */
  get(id: TaskId): Task {
    const named = this.tasks.find((task) => task.id === id);
    if (named) return named;
    throw unknownTask(
      id,
      this.tasks.map((task) => task.id),
    );
  }

  /**
   * Checks the id that a request states: one of a task, or a well-known one (`TASK_IDS`), which describes a model even
   * where no task reads its predictions.
   * @throws WhylightError `invalid_request` for any other id
   */
  checkId(id: TaskId): void {
    const ids = [...new Set([...this.tasks.map((task) => task.id), ...TASK_IDS])];
    if (!ids.includes(id)) throw unknownTask(id, ids);
  }
}

function unknownTask(id: TaskId, ids: readonly TaskId[]): WhylightError {
  const close = nearest(id, ids);
  const hint = close.length > 0 ? `Did you mean ${close.join(' or ')}?` : `There are ${ids.join(', ')}.`;
  const message = `There is no task "${id}". ${hint}`;
  return new WhylightError('invalid_request', message, {
    task: id,
    tasks: ids,
    issues: [{ parameter: 'task', message }],
  });
}
