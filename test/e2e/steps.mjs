/** Steps of the end-to-end tests: commands in folders outside of the project, and servers that answer. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const START_MS = 180_000;
const started = Date.now();

/** Folder for everything that a test makes. */
export const workFolder = () => mkdtempSync(join(tmpdir(), 'whylight-e2e-'));

export const step = (title) => console.log(`\n== ${Math.round((Date.now() - started) / 1000)} s: ${title}`);

/** Read by onnxruntime-node's install script, which would download libraries for GPUs. */
process.env.ONNXRUNTIME_NODE_INSTALL ??= 'skip';

/** Runs a command to its end. @throws Error with its output for an exit status other than 0 */
export function run(cwd, command, ...args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', env: process.env });
  if (status === 0) return stdout;
  throw new Error(
    `${command} ${args.join(' ')} in ${cwd}: ${error?.message ?? `exit ${status}`}\n${stdout}\n${stderr}`,
  );
}

export function check(fact, message) {
  if (!fact) throw new Error(message);
}

/** Builds and packs the project. @returns path of the tarball */
export function packProject(folder) {
  run(ROOT, 'npm', 'run', 'build');
  run(ROOT, 'npm', 'pack', '--ignore-scripts', '--pack-destination', folder);
  return join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.tgz')),
  );
}

/** Makes an empty project, and installs packages into it. */
export function emptyProject(folder, ...packages) {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }));
  run(folder, 'npm', 'install', '--no-audit', '--no-fund', ...packages);
}

/** Name and version of onnxruntime-node, as the project has it. */
export function nodeEngine() {
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return `onnxruntime-node@${devDependencies['onnxruntime-node']}`;
}

/** Asks for a map of the cat over HTTP. */
export async function askForMap(address, method, model = 'cifar10') {
  const response = await fetch(`${address}/v2/models/${model}/explain?method=${method}`, {
    method: 'POST',
    headers: { 'Content-Type': 'image/jpeg', Accept: 'image/png' },
    body: readFileSync(join(ROOT, 'examples/photos/cat.jpg')),
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  check(response.ok, `${method}: ${response.status} ${new TextDecoder().decode(bytes)}`);
  check(bytes[1] === 0x50 && bytes[2] === 0x4e, `${method}: no PNG came back`);
  console.log(`${method}: a map of ${bytes.length} bytes, label ${response.headers.get('X-Whylight-Label')}`);
}

/** The address that a server prints once it answers. */
export function addressOf(server, line) {
  return new Promise((found, failed) => {
    let text = '';
    const timer = setTimeout(() => failed(new Error(`the server did not answer:\n${text}`)), START_MS);
    server.stdout.on('data', (chunk) => {
      text += chunk;
      const [, address] = line.exec(text) ?? [];
      if (!address) return;
      clearTimeout(timer);
      found(address);
    });
    server.on('exit', (code) => failed(new Error(`the server ended with ${code}:\n${text}`)));
  });
}
