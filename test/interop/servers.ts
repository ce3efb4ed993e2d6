/** The servers of this project that foreign clients are pointed at: Node and workerd, on loopback. */

import { makeOperatedProject, OPERATOR_KEY } from '../../bench/support/operated-project.ts';
import { answers, freePort, HOST, type Processes } from '../../bench/support/processes.ts';
import { bundle, startWorker } from '../../bench/support/worker.ts';
import { PINNED_NODE } from '../../scripts/tools.mjs';
import { started } from './run.ts';

export interface Server {
  readonly name: 'node' | 'workerd';
  readonly address: string;
  /** Key of an operator, on a server with an admin API. */
  readonly key?: string;
}

/** Starts and stops both servers. */
export class Servers {
  private readonly processes: Processes;
  private readonly stops: (() => Promise<void>)[] = [];

  constructor(processes: Processes) {
    this.processes = processes;
  }

  /** `whylight serve`. */
  async node(flags: readonly string[] = []): Promise<Server> {
    const port = await freePort();
    const args = [
      'src/cli/whylight.mjs',
      'serve',
      '--port',
      `${port}`,
      '--provider',
      'cpu',
      '--threads',
      '1',
      ...flags,
    ];
    const child = this.processes.add(started(PINNED_NODE, args));
    child.stdout?.resume();
    child.stderr?.resume();
    const address = `http://${HOST}:${port}`;
    await answers(`${address}/v2/health/live`, child);
    return { name: 'node', address };
  }

  /** The Worker, bundled as for a deployment, with a tenant that operates it. */
  async workerd(variables: Readonly<Record<string, string>> = {}): Promise<Server> {
    const { folder, remove } = await makeOperatedProject();
    const worker = await startWorker(await bundle(folder), { variables });
    this.stops.push(async () => {
      await worker.stop();
      await remove();
    });
    await fetch(`${worker.address}/v2/health/ready`);
    return { name: 'workerd', address: worker.address, key: OPERATOR_KEY };
  }

  async stop(): Promise<void> {
    for (const stop of this.stops) await stop();
    await this.processes.stop();
  }
}
