/** Check of a task against its contract. */
import { WhylightError } from '../errors.ts';
import { TASK_API_VERSION, type Task } from './task.ts';

const SNAKE_CASE = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;

/**
 * Holds anything (the default export of a package) against the contract.
 * @throws WhylightError `invalid_config` that lists everything that is wrong
 */
export function checkTask(value: unknown): asserts value is Task {
  const task: Partial<Task> = typeof value === 'object' && value !== null ? value : {};
  const problems = [...problemsOf(task)];
  if (problems.length === 0) return;
  throw new WhylightError(
    'invalid_config',
    `The task "${String(task.id)}" breaks the contract: ${problems.join('; ')}. See src/core/task/task.ts.`,
    { task: task.id, problems },
  );
}

function* problemsOf(task: Partial<Task>): Generator<string> {
  if (task.apiVersion !== TASK_API_VERSION) yield `apiVersion must be ${TASK_API_VERSION}`;
  if (typeof task.id !== 'string' || !SNAKE_CASE.test(task.id)) yield 'id must be snake_case, such as pose';
  if (!task.about?.title || !task.about.summary) yield 'about needs a title and a summary';
  for (const name of ['recognise', 'read', 'target'] as const) {
    if (typeof task[name] !== 'function') yield `${name} must be a function`;
  }
}
