/**
 * `npm run e2e:embedding`: the examples of docs/embedding.md that need other packages or runtimes, from the packed
 * package in an empty folder: Express, a cache of unstorage, Bun and Deno.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as steps from './steps.mjs';

/** Packages that the examples use, pinned. */
const OTHERS = ['express@5.3.0', 'unstorage@1.17.6', 'bun@1.4.5', 'deno@2.9.6'];

const work = steps.workFolder();
try {
  steps.step('pack, and install into an empty project');
  const folder = join(work, 'host');
  steps.emptyProject(folder, process.argv[2] ?? steps.packProject(work), steps.nodeEngine(), ...OTHERS);
  cpSync(join(steps.ROOT, 'examples/embedding'), folder, { recursive: true });
  cpSync(join(folder, 'node_modules/whylight/models/cifar10'), join(folder, 'models/cifar10'), { recursive: true });
  cpSync(join(steps.ROOT, 'examples/photos/cat.jpg'), join(folder, 'cat.jpg'));

  steps.step('a cache of unstorage keeps answers for the next process');
  steps.check(steps.run(folder, 'node', 'cache.mjs') === '200 miss\n', 'the first run was no miss');
  steps.check(steps.run(folder, 'node', 'cache.mjs') === '200 hit\n', 'the second run was no hit');

  await served(folder, 'Express', 'node', ['express.mjs']);
  await served(folder, 'Bun', bin('bun'), ['run', 'bun.ts']);
  await served(folder, 'Deno', bin('deno'), ['run', '--allow-all', '--node-modules-dir=manual', 'deno.ts']);
  steps.step('done');
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Starts a server on any free port, and asks it for its page and a map. */
async function served(cwd, title, command, args) {
  steps.step(title);
  const version = command === 'node' ? process.version : steps.run(cwd, command, '--version').split('\n')[0];
  console.log(version);
  const server = spawn(command, args, {
    cwd,
    env: { ...process.env, PORT: '0', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Bun and Deno differ in which of the two they print the address to.
  server.stderr.on('data', (chunk) => server.stdout.emit('data', chunk));
  try {
    const address = await steps.addressOf(server, /(http:\/\/(?:127\.0\.0\.1|localhost):\d+)/);
    await steps.askForMap(`${address}/explain`, 'grad_cam');
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
