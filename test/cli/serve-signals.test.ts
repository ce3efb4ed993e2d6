/** The end of `whylight serve`, started by a person or by npm. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../bench/support/processes.ts';
import { LAUNCHER } from '../support/command-line.ts';

const answersAt = async (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
const started: { kill(): unknown }[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill();
});

async function serve(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(child);
  const lines: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
  return { child, said: () => lines.join('') };
}

describe('whylight serve', () => {
  it('ends with 0 after SIGTERM', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/v2/health/live`;
    const { child } = await serve(process.execPath, [LAUNCHER, 'serve', '--port', String(port)]);
    await expect.poll(() => answersAt(url)).toBe(true);
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    expect([code, await answersAt(url)]).toEqual([0, false]);
  });

  it('ends when the shell has ended that npm started it in', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/v2/health/live`;
    const line = `"${process.execPath}" "${LAUNCHER}" serve --port ${port}; true`;
    const { child, said } = await serve('/bin/sh', ['-c', line], { npm_lifecycle_event: 'origin' });
    await expect.poll(() => answersAt(url)).toBe(true);
    child.kill('SIGTERM');
    await expect.poll(() => answersAt(url)).toBe(false);
    expect(said()).toContain('finishing running explanations');
  });
});
