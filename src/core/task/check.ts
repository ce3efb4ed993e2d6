/** Check of a task against its contract. */
import { type Contract, contractProblems, membersOf, refuseProblems } from '../contract-problems.ts';
import { TASK_API_VERSION, type Task } from './task.ts';

const CONTRACT: Contract = {
  kind: 'task',
  apiVersion: TASK_API_VERSION,
  functions: ['recognise', 'read', 'target'],
  example: 'pose',
};

/**
 * Holds anything (the default export of a package) against the contract.
 * @throws WhylightError `invalid_config` that lists everything that is wrong
 */
export function checkTask(value: unknown): asserts value is Task {
  const task = membersOf(value);
  refuseProblems(CONTRACT, task, [...contractProblems(task, CONTRACT)]);
}
