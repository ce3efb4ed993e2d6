/** Programs that the tool runs. */
import { type ChildProcess, spawn } from 'node:child_process';

export interface Ended {
  readonly code: number;
  /** Standard output and standard error together. */
  readonly output: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds after which the program is ended. */
  readonly timeout?: number;
}

/** Runs a program to its end; one that cannot be started ends with code 127. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const { timeout = 900_000 } = options;
  const child = started(command, args, options);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      output += `\nended after ${timeout / 1000} s`;
      child.kill('SIGKILL');
    }, timeout);
    const end = (code: number) => {
      clearTimeout(timer);
      resolve({ code, output });
    };
    child.once('error', (error) => {
      output += error.message;
      end(127);
    });
    child.once('close', (code) => end(code ?? 1));
  });
}

/** Starts a program with its output in pipes. */
export function started(command: string, args: readonly string[], { cwd, env }: RunOptions = {}): ChildProcess {
  return spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, ...env },
  });
}
