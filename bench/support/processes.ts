/** Servers for measurements: the real Worker in workerd, and whatever else is started and has to end again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { OFFLINE_WRANGLER, PINNED_NODE } from '../../scripts/tools.mjs';

export const HOST = '127.0.0.1';

export interface StartedWorker {
  readonly address: string;
  readonly child: ChildProcess;
  /** Bytes that workerd holds, all of its isolates together. Linux only. */
  memory(): number;
}

/** Everything that was started here, to end it whatever happens. */
export class Processes {
  private readonly started: ChildProcess[] = [];

  add(child: ChildProcess): ChildProcess {
    this.started.push(child);
    return child;
  }

  /**
   * @param project a folder with wrangler.toml
   * @param state where KV, R2 and Durable Objects are kept
   * @param said told what the Worker writes
   */
  async worker(
    project: string,
    state: string,
    variables: Readonly<Record<string, string>> = {},
    said: (text: string) => void = () => undefined,
  ): Promise<StartedWorker> {
    const port = await freePort();
    const options = ['--local', '--ip', HOST, '--port', `${port}`, '--inspector-port', '0', '--persist-to', state];
    const vars = Object.entries(variables).flatMap(([name, value]) => ['--var', `${name}:${value}`]);
    const wrangler = ['node_modules/wrangler/bin/wrangler.js', 'dev', '--show-interactive-dev-session', 'false'];
    const child = this.add(
      spawn(PINNED_NODE, [...wrangler, ...options, ...vars], {
        cwd: project,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, ...OFFLINE_WRANGLER },
      }),
    );
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => said(chunk.toString()));
    const address = `http://${HOST}:${port}`;
    await answers(`${address}/v2/health/live`, child);
    return { address, child, memory: () => residentBytes(child.pid as number, 'workerd') };
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

/** Resident bytes of the descendants of a process that have this name; 0 without /proc. */
function residentBytes(root: number, name: string): number {
  const parents = new Map<number, number>();
  const names = new Map<number, string>();
  try {
    for (const entry of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
      const stat = tryRead(`/proc/${entry}/stat`);
      const [, command = '', parent = ''] = /\((.*)\) \S (\d+)/.exec(stat) ?? [];
      parents.set(Number(entry), Number(parent));
      names.set(Number(entry), command);
    }
  } catch {
    return 0;
  }
  const descends = (pid: number): boolean =>
    pid === root || (parents.has(pid) && pid > 1 && descends(parents.get(pid) as number));
  return [...names]
    .filter(([pid, command]) => command === name && descends(pid))
    .reduce((sum, [pid]) => sum + 1024 * Number(/VmRSS:\s+(\d+)/.exec(tryRead(`/proc/${pid}/status`))?.[1] ?? 0), 0);
}

/** A process may end while it is looked at. */
function tryRead(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
