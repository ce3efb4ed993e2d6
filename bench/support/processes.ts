/** Servers for measurements: the real Worker in workerd, and whatever else is started and has to end again. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export const HOST = '127.0.0.1';

/** Everything that was started here, to end it whatever happens. */
export class Processes {
  private readonly started: ChildProcess[] = [];

  add(child: ChildProcess): ChildProcess {
    this.started.push(child);
    return child;
  }

  async stop(): Promise<void> {
    const running = () => this.started.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    for (const child of running()) child.kill('SIGTERM');
    for (let i = 0; i < 50 && running().length > 0; i++) await sleep(100);
    for (const child of running()) child.kill('SIGKILL');
  }
}

/** Waits until the address answers. */
export async function answers(url: string, child: ChildProcess): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (child.exitCode !== null) throw new Error(`The process behind ${url} ended with ${child.exitCode}.`);
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await sleep(200);
  }
  throw new Error(`Nothing answers at ${url}.`);
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
