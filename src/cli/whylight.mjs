#!/usr/bin/env node
/**
 * Starts the command line. This file is plain JavaScript so that any Node can read it; everything behind it is
 * TypeScript, which Node runs directly from 22.18 on. Under an older Node, the one that this project pins takes over.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);
const path = (name) => fileURLToPath(new URL(name, root));
const pinnedNode = path('node_modules/node/bin/node');
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

// A published package holds JavaScript, because Node runs no TypeScript inside node_modules.
const published = !existsSync(path('src/cli/main.ts'));

if (!published && !ready() && existsSync(path('scripts/setup.mjs'))) {
  // A clone that nobody has set up yet. What is said on the way goes to stderr: stdout is for the command's answer.
  spawnSync(process.execPath, [path('scripts/setup.mjs')], { stdio: ['ignore', 2, 2] });
}
// Node keeps what it compiled, which makes the next start two to four times as fast. Node 20 has no such cache.
module.enableCompileCache?.();

if (published) {
  await import('../../dist/cli/main.js');
} else if (!ready()) {
  fail(`The packages of whylight are not installed: run "npm ci" in ${path('.')}.`);
} else if (major > 22 || (major === 22 && minor >= 18)) {
  await import('./main.ts');
} else if (existsSync(pinnedNode)) {
  const pinned = spawn(pinnedNode, [path('src/cli/main.ts'), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'), ...process.env },
  });
  pinned.once('error', (error) => fail(`The Node of this project, ${pinnedNode}, does not start: ${error.message}`));
  pinned.once('exit', (code) => {
    process.exitCode = code ?? 1;
  });
  // Whoever ends this process means that one, which may have to finish what it does.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => pinned.kill(signal));
} else {
  fail(`whylight needs Node 22.18 or newer, and this is ${process.versions.node}.`);
}

function ready() {
  return (
    existsSync(path('node_modules/citty')) &&
    existsSync(path('generated/plugins.ts')) &&
    existsSync(path('generated/report-pages.js'))
  );
}

function fail(message) {
  console.error(`error: ${message}`);
  process.exitCode = 1;
}
