/** Runs the command line as a user does: another process, its exit code, what it prints. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const LAUNCHER = fileURLToPath(new URL('../../src/cli/whylight.mjs', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `whylight <args>`. */
export function whylight(...args: string[]): Ran {
  return runScript(LAUNCHER, ...args);
}

/** Runs a script with this Node. */
export function runScript(script: string, ...args: string[]): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { code: status, stdout, stderr };
}
