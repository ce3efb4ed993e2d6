/** Processors of the processes of a measurement. Linux only. */
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Binds all threads of a process to one processor. */
export function bindTo(processor: number, pid: number): void {
  execFileSync('taskset', ['-acp', String(processor), String(pid)], { stdio: 'ignore' });
}

/** Lets all threads of a process run only while nobody else wants their processor, whoever wakes up (SCHED_IDLE). */
export function yieldTo(pid: number): void {
  execFileSync('chrt', ['--all-tasks', '--idle', '--pid', '0', String(pid)], { stdio: 'ignore' });
}

/** True where two processes can have a processor each. */
export const hasTwo = (): boolean => process.platform === 'linux' && availableParallelism() > 1;
