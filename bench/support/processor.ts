/** Processors of the processes of a measurement. Linux only. */
import { execFileSync } from 'node:child_process';
import { availableParallelism, constants, setPriority } from 'node:os';

/** Binds all threads of a process to one processor. */
export function bindTo(processor: number, pid: number): void {
  execFileSync('taskset', ['-acp', String(processor), String(pid)], { stdio: 'ignore' });
}

/** Lets a process run only while nobody else wants the processor. */
export const yieldTo = (pid: number): void => setPriority(pid, constants.priority.PRIORITY_LOW);

/** True where two processes can have a processor each. */
export const hasTwo = (): boolean => process.platform === 'linux' && availableParallelism() > 1;
