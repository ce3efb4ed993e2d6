/**
 * `npm start`: the Worker in local workerd. Prints its address and a `curl` line to try once it answers.
 * `npm start -- --port 9000` takes another port; `--port 0` any free one. `npm start -- --model net.onnx` opens the page
 * with that model.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { OFFLINE_WRANGLER, PINNED_NODE } from './tools.mjs';

const HOST = '127.0.0.1';
const DEFAULT_PORT = 8787;
const PATIENCE_MS = 120_000;

const from = process.env.INIT_CWD ?? process.cwd();
process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const options = readOptions();
const port = await freePort(options.port);
const address = `http://${HOST}:${port}`;

const opened = options.model === undefined ? undefined : own(options.model);

console.log('start: building the Worker and starting workerd ...');
const wrangler = spawn(
  PINNED_NODE,
  [
    'node_modules/wrangler/bin/wrangler.js',
    'dev',
    '--local',
    '--ip',
    HOST,
    '--port',
    `${port}`,
    '--inspector-port',
    '0',
    '--show-interactive-dev-session',
    'false',
  ],
  { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...OFFLINE_WRANGLER, WHYLIGHT_KEEP_BUILD: '1' } },
);
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(signal));
if (process.env.npm_lifecycle_event === 'start') followParent();
wrangler.on('exit', (code) => {
  if (opened !== undefined) rmSync('generated/assets/playground/own', { recursive: true, force: true });
  process.exit(stopping ? 0 : code || 1);
});

await ready();
console.log(`
whylight answers at ${address}
${opened ? `\n${options.model} is open at ${address}/#${opened}\n` : ''}
Open that in a browser, or try:
  curl -o map.png -H 'content-type: image/jpeg' -H 'accept: image/png' --data-binary @examples/photos/tabby.jpg '${address}/v2/models/everyday/explain?method=grad_cam'
`);

/** @returns the fragment of the address that opens the model in the page */
function own(path) {
  const { status, stdout } = spawnSync(PINNED_NODE, ['scripts/own-model.ts', resolve(from, path)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  // It has said why.
  if (status !== 0) process.exit(1);
  return stdout.trim();
}

function readOptions() {
  const { values } = flags();
  if (values.help) {
    console.log(`npm start -- [--port N] [--model PATH]: starts the Worker in local workerd on ${HOST}.

  --port N      port to listen on, 0 for any free one (default: ${DEFAULT_PORT})
  --model PATH  an ONNX file or a folder of a model, which the page opens
  --help        prints this text`);
    process.exit(0);
  }
  const number = Number(values.port);
  if (!/^\d+$/.test(values.port) || number > 65535)
    fail(`--port takes a number from 0 to 65535, not "${values.port}".`);
  return { port: number, model: values.model };
}

function flags() {
  try {
    return parseArgs({
      options: {
        port: { type: 'string', default: `${DEFAULT_PORT}` },
        model: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    return fail(
      `${error.message.split('. ')[0]}. The options are --port, --model and --help: npm start -- --port 9000`,
    );
  }
}

/** Tries the port, so that a taken one gives one clear line instead of a failure deep inside wrangler. */
async function freePort(number) {
  const server = createServer();
  try {
    server.listen(number, HOST);
    await once(server, 'listening');
    const found = server.address().port;
    server.close();
    await once(server, 'close');
    return found;
  } catch (error) {
    if (error.code === 'EADDRINUSE') {
      fail(
        `port ${number} on ${HOST} is taken. Stop what uses it, or choose another: npm start -- --port ${number + 1}`,
      );
    }
    return fail(`cannot listen on ${HOST}:${number} (${error.message}). Choose another: npm start -- --port 9000`);
  }
}

function stop(signal) {
  stopping = true;
  wrangler.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
}

/** Stops with npm: it passes SIGTERM to the shell between it and this process, which ends without passing it on. */
function followParent() {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop('SIGTERM');
  }, 500);
  timer.unref();
}

async function ready() {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const answer = await fetch(`${address}/v2/health/ready`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  wrangler.kill();
  fail(`the Worker did not become ready within ${PATIENCE_MS / 1000} s; wrangler's messages are above.`);
}

function fail(message) {
  console.error(`start: ${message}`);
  process.exit(1);
}
