/** The servers of this project that foreign clients are pointed at: Node and workerd, on loopback. */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answers, freePort, HOST, type Processes } from '../../bench/support/processes.ts';
import { makeProject } from '../../bench/support/project.ts';
import { bundle, startWorker } from '../../bench/support/worker.ts';
import { PINNED_NODE } from '../../scripts/tools.mjs';
import { run, started } from './run.ts';

/** Key of the operator that the Worker of this tool has. */
export const OPERATOR_KEY = 'interop-operator';

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
    const { folder, remove } = await this.project();
    const worker = await startWorker(await bundle(folder), { variables });
    this.stops.push(async () => {
      await worker.stop();
      await remove();
    });
    await fetch(`${worker.address}/v2/health/ready`);
    return { name: 'workerd', address: worker.address, key: OPERATOR_KEY };
  }

  private async project() {
    const project = await makeProject();
    const file = join(project.folder, 'plugins.config.json');
    const config = JSON.parse(await readFile(file, 'utf8'));
    const sha256 = createHash('sha256').update(OPERATOR_KEY).digest('hex');
    const scopes = ['predict', 'explain', 'admin'];
    config.tenants.operator = { operator: true, keys: [{ sha256, scopes }] };
    await writeFile(file, JSON.stringify(config));
    const generated = await run(PINNED_NODE, ['scripts/generate-plugins.ts'], { cwd: project.folder });
    if (generated.code !== 0) throw new Error(`generate-plugins fails: ${generated.output}`);
    return project;
  }

  async stop(): Promise<void> {
    for (const stop of this.stops) await stop();
    await this.processes.stop();
  }
}
