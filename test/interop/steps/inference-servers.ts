/** Inference servers of other people behind this one: the maps have to be those of the engine inside. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { answers, freePort, HOST, Processes } from '../../../bench/support/processes.ts';
import { PINNED_NODE } from '../../../scripts/tools.mjs';
import { FOLDER, python } from '../environments.ts';
import type { Row } from '../rows.ts';
import { run, started } from '../run.ts';
import type { Server } from '../servers.ts';
import { PHOTO, type Step, type StepContext, script, unrun } from './step.ts';

const METHODS = ['saliency', 'grad_cam', 'integrated_gradients', 'occlusion'];
/** Largest difference of an element, relative to the largest element. */
const TOLERANCE = 1e-4;

export const inferenceServers: Step = async (context) => {
  const repository = mkdtempSync(join(tmpdir(), 'whylight-interop-'));
  const args = ['export', 'triton', 'cifar10', '--methods', METHODS.join(), '--device', 'cpu', '-o', repository];
  const exported = await run(PINNED_NODE, ['src/cli/whylight.mjs', ...args]);
  if (exported.code !== 0) throw new Error(`whylight export triton fails: ${exported.output}`);
  const rows: Row[] = [];
  for (const [client, start] of [
    ['KServe ModelServer', kserve],
    ['MLServer', mlserver],
  ] as const) {
    const processes = new Processes();
    try {
      rows.push(...(await behind(client, await start(repository, processes), context)));
    } catch (reason) {
      rows.push(unrun('-', client, reason));
    } finally {
      await processes.stop();
    }
  }
  rmSync(repository, { recursive: true, force: true });
  return rows;
};

async function kserve(repository: string, processes: Processes): Promise<string> {
  const binary = await python('kserve');
  const port = await freePort();
  const child = processes.add(started(binary, [script('kserve_model_server.py'), repository, `${port}`]));
  child.stdout?.resume();
  child.stderr?.resume();
  await answers(`http://${HOST}:${port}/v2/health/ready`, child);
  return `http://${HOST}:${port}`;
}

async function mlserver(repository: string, processes: Processes): Promise<string> {
  await python('mlserver');
  const [port, grpc, metrics] = [await freePort(), await freePort(), await freePort()];
  const models = join(repository, '..', `${repository.split('/').at(-1)}-mlserver`);
  mkdirSync(models);
  const settings = { host: HOST, http_port: port, grpc_port: grpc, metrics_port: metrics, parallel_workers: 0 };
  writeFileSync(join(models, 'settings.json'), JSON.stringify(settings));
  const graphs = readdirSync(repository).filter((name) => existsSync(join(repository, name, '1/model.onnx')));
  for (const name of graphs) {
    mkdirSync(join(models, name));
    const uri = resolve(repository, name, '1/model.onnx');
    const model = { name, implementation: 'onnx_runtime.Graph', parameters: { uri } };
    writeFileSync(join(models, name, 'model-settings.json'), JSON.stringify(model));
  }
  const env = { PYTHONPATH: script('mlserver_runtime') };
  const child = processes.add(
    started(join(FOLDER, 'mlserver/bin/python'), [join(FOLDER, 'mlserver/bin/mlserver'), 'start', models], { env }),
  );
  child.stdout?.resume();
  child.stderr?.resume();
  await answers(`http://${HOST}:${port}/v2/health/ready`, child);
  return `http://${HOST}:${port}`;
}

/** Puts both of our servers in front of an inference server, and compares their maps with those of the servers alone. */
async function behind(client: string, url: string, { servers, starts }: StepContext): Promise<Row[]> {
  const [alone] = servers;
  if (!alone) return [];
  const fronts = [await starts.node(['--inference-server', url]), await starts.workerd({ INFERENCE_SERVER: url })];
  const rows: Row[] = [];
  for (const front of fronts) {
    rows.push(await row(front, client, 'ready', () => isReady(front)));
    for (const method of METHODS) rows.push(await row(front, client, method, () => sameMap(front, alone, method)));
  }
  return rows;
}

async function row({ name }: Server, client: string, operation: string, check: () => Promise<string>): Promise<Row> {
  const entry = { server: name, client, operation };
  return check().then(
    (detail): Row => ({ ...entry, result: 'ok', detail }),
    (error: Error): Row => ({ ...entry, result: 'FAIL', detail: error.message }),
  );
}

async function isReady({ address }: Server): Promise<string> {
  const answer = await fetch(`${address}/v2/health/ready`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} ${text}`);
  return text;
}

async function sameMap(front: Server, alone: Server, method: string): Promise<string> {
  const [theirs, ours] = await Promise.all([attributionOf(front, method), attributionOf(alone, method)]);
  const largest = ours.reduce((max, value) => Math.max(max, Math.abs(value)), 1e-12);
  const worst = ours.reduce((max, value, i) => Math.max(max, Math.abs(value - (theirs[i] as number))), 0) / largest;
  if (!(worst <= TOLERANCE) || theirs.length !== ours.length) throw new Error(`the maps differ by ${worst}`);
  return `differs by ${worst.toExponential(1)}`;
}

async function attributionOf({ address }: Server, method: string): Promise<readonly number[]> {
  const answer = await fetch(`${address}/v2/models/cifar10/explain?method=${method}`, {
    method: 'POST',
    headers: { 'Content-Type': 'image/jpeg', 'Cache-Control': 'no-store' },
    body: readFileSync(PHOTO),
  });
  if (!answer.ok) throw new Error(`${answer.status} ${(await answer.text()).slice(0, 300)}`);
  const { outputs } = (await answer.json()) as { outputs: { name: string; data: number[] }[] };
  return outputs.find(({ name }) => name === 'attribution')?.data ?? [];
}
