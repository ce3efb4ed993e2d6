/**
 * `npm run e2e:embedding`: the examples of docs/embedding.md that need other packages or runtimes, from the packed
 * package in an empty folder: Express, a cache of unstorage, Bun and Deno.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  addressOf,
  askForMap,
  check,
  emptyProject,
  nodeEngine,
  packProject,
  ROOT,
  run,
  step,
  workFolder,
} from './steps.mjs';

/** Packages that the examples use, pinned. */
const OTHERS = ['express@5.3.0', 'unstorage@1.17.6', 'bun@1.4.5', 'deno@2.9.6'];

const work = workFolder();
try {
  step('pack, and install into an empty project');
  const folder = join(work, 'host');
  emptyProject(folder, process.argv[2] ?? packProject(work), nodeEngine(), ...OTHERS);
  cpSync(join(ROOT, 'examples/embedding'), folder, { recursive: true });
  cpSync(join(folder, 'node_modules/whylight/models/cifar10'), join(folder, 'models/cifar10'), { recursive: true });
  cpSync(join(ROOT, 'examples/photos/cat.jpg'), join(folder, 'cat.jpg'));

  step('a cache of unstorage keeps answers for the next process');
  check(run(folder, 'node', 'cache.mjs') === '200 miss\n', 'the first run was no miss');
  check(run(folder, 'node', 'cache.mjs') === '200 hit\n', 'the second run was no hit');

  await served(folder, 'Express', 'node', ['express.mjs']);
  await served(folder, 'Bun', bin('bun'), ['run', 'bun.ts']);
  await served(folder, 'Deno', bin('deno'), ['run', '--allow-all', '--node-modules-dir=manual', 'deno.ts']);
  step('done');
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Starts a server on any free port, and asks it for its page and a map. */
async function served(cwd, title, command, args) {
  step(title);
  const version = command === 'node' ? process.version : run(cwd, command, '--version').split('\n')[0];
  console.log(version);
  const server = spawn(command, args, {
    cwd,
    env: { ...process.env, PORT: '0', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Bun and Deno differ in which of the two they print the address to.
  server.stderr.on('data', (chunk) => server.stdout.emit('data', chunk));
  try {
    const address = await addressOf(server, /(http:\/\/(?:127\.0\.0\.1|localhost):\d+)/);
    await askForMap(`${address}/explain`, 'grad_cam');
  } finally {
    if (server.exitCode === null) {
      server.kill('SIGTERM');
      await once(server, 'exit');
    }
  }
}

function bin(name) {
  return join('node_modules', '.bin', name);
}
