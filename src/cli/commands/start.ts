/** `whylight start`: the Worker of a deployment in local workerd. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { WhylightError } from '../../core/errors.ts';
import { numberFlag } from '../arguments.ts';
import { buildDeployment } from '../build-deployment.ts';
import { watchDeployment } from '../bundle-deployment.ts';
import { AVAILABLE } from '../compose.ts';
import { defineCommand } from '../define-command.ts';
import { textFlag } from '../flags.ts';

const HOST = '127.0.0.1';
const WRANGLER = 'node_modules/wrangler/bin/wrangler.js';
/** First version of Node that wrangler runs on. */
const MIN_NODE = 22;
const START_MS = 120_000;

const args = {
  port: textFlag('Port to listen at; 0 for any that is free', { default: '8787' }),
} as const;

export default defineCommand({
  name: 'start',
  description: 'Builds the Worker of a deployment, and runs it in local workerd.',
  examples: ['whylight start', 'whylight start --port 9000'],
  args,
  async run(flags) {
    checkTools();
    await buildDeployment(process.cwd(), AVAILABLE);
    const port = await freePort(numberFlag('port', flags.port, 0, 65_535));
    const address = `http://${HOST}:${port}`;
    const wrangler = spawn(
      process.execPath,
      [WRANGLER, 'dev', '--local', '--ip', HOST, '--port', `${port}`, '--inspector-port', '0'],
      { stdio: ['ignore', 'inherit', 'inherit'], env: { WRANGLER_SEND_METRICS: 'false', ...process.env, CI: '1' } },
    );
    let stopping = false;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        stopping = true;
        wrangler.kill(signal);
      });
    }
    const ended = new Promise<number>((end) => wrangler.once('exit', (code) => end(code ?? 1)));
    if (await answers(address, ended)) console.log(`\nwhylight answers at ${address}`);
    const watching = await watchDeployment(process.cwd());
    const code = await ended;
    await watching.dispose();
    process.exitCode = stopping ? 0 : code;
  },
});

/** @throws WhylightError `invalid_config` */
function checkTools(): void {
  if (!existsSync(resolve(WRANGLER))) {
    throw new WhylightError('invalid_config', 'wrangler is not installed here: run "npm install" in this folder.');
  }
  if (Number.parseInt(process.versions.node, 10) >= MIN_NODE) return;
  throw new WhylightError(
    'invalid_config',
    `wrangler needs Node ${MIN_NODE} or newer, and this is ${process.versions.node}. "whylight serve" runs on this one.`,
  );
}

/** Finds a free port; another one is never taken in place of a port that was asked for. */
async function freePort(port: number): Promise<number> {
  const server = createServer();
  try {
    await new Promise<void>((ready, failed) => server.once('error', failed).listen(port, HOST, ready));
    return (server.address() as { port: number }).port;
  } finally {
    await new Promise((closed) => server.close(closed));
  }
}

/** Waits until the server answers, or ends. */
async function answers(address: string, ended: Promise<number>): Promise<boolean> {
  let running = true;
  void ended.then(() => {
    running = false;
  });
  for (const end = Date.now() + START_MS; running && Date.now() < end; await wait(250)) {
    const response = await fetch(`${address}/v2/health/live`).catch(() => undefined);
    if (response?.ok) return true;
  }
  return false;
}
