/** Command line of an operator against a Worker in workerd. */
import { execFile } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { OPERATOR_KEY } from '../../bench/support/operated-project.ts';
import { LAUNCHER, type Ran } from './command-line.ts';
import { S3_ENVIRONMENT } from './s3-server.ts';

/** @param address address of the deployment; asked for each command */
export function operator(address: () => string) {
  /** Runs a command beside this process, which serves nothing but waits for workerd. */
  const whylight = (...args: string[]): Promise<Ran> =>
    new Promise((resolve) => {
      const env = {
        ...process.env,
        WHYLIGHT_SERVER: address(),
        WHYLIGHT_KEY: OPERATOR_KEY,
        ...S3_ENVIRONMENT,
        NO_COLOR: '1',
      };
      const child = execFile(process.execPath, [LAUNCHER, ...args], { env }, (_, stdout, stderr) =>
        resolve({ code: child.exitCode, stdout, stderr }),
      );
    });

  /** Runs a command that must succeed, and reads what it prints as JSON. */
  async function inJson<T>(...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await whylight(...args, '--json');
    expect([args.join(' '), code, stderr]).toEqual([args.join(' '), 0, '']);
    return JSON.parse(stdout) as T;
  }
  return { whylight, inJson };
}

/** Paths of the files below a folder, in order. */
export const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();
