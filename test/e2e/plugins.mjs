/**
 * `npm run e2e`: the way of somebody who publishes a method, from the packed package to a map over HTTP, in empty folders
 * outside of the project. Takes minutes: it installs packages for each step, as they would.
 *
 * 1. Pack the package and install it into an empty project; import each of its entries.
 * 2. Make a plugin of each strategy with the packed command line; install, test and build each.
 * 3. Add them to a fresh clone, start it, and ask each method for its map.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const STRATEGIES = ['gradient', 'activation', 'perturbation'];
const ENTRIES = [
  'whylight',
  'whylight/plugin',
  'whylight/compiler',
  'whylight/testing',
  'whylight/edge',
  'whylight/client',
];
const START_MS = 180_000;

const work = mkdtempSync(join(tmpdir(), 'whylight-e2e-'));
const started = Date.now();
const step = (title) => console.log(`\n== ${Math.round((Date.now() - started) / 1000)} s: ${title}`);

function run(cwd, command, ...args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', env: process.env });
  if (status === 0) return stdout;
  throw new Error(
    `${command} ${args.join(' ')} in ${cwd}: ${error?.message ?? `exit ${status}`}\n${stdout}\n${stderr}`,
  );
}

function check(fact, message) {
  if (!fact) throw new Error(message);
}

try {
  step('pack');
  run(ROOT, 'npm', 'run', 'build');
  run(ROOT, 'npm', 'pack', '--ignore-scripts', '--pack-destination', work);
  const tarball = join(
    work,
    readdirSync(work).find((name) => name.endsWith('.tgz')),
  );

  step('install into an empty project, import each entry');
  const empty = join(work, 'empty');
  mkdirSync(empty);
  writeFileSync(join(empty, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }));
  run(empty, 'npm', 'install', '--no-audit', '--no-fund', tarball);
  for (const entry of ENTRIES) {
    const count = run(empty, 'node', '-e', `import('${entry}').then((all) => console.log(Object.keys(all).length))`);
    check(Number(count) > 0, `${entry} exports nothing`);
    console.log(`${entry}: ${count.trim()} exports`);
  }

  step('an origin from the package, and a map over HTTP');
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const engine = `onnxruntime-node@${devDependencies['onnxruntime-node']}`;
  run(empty, 'npm', 'install', '--no-audit', '--no-fund', '--onnxruntime-node-install=skip', engine);
  const origin = spawn(join('node_modules', '.bin', 'whylight'), ['serve', '--port', '0', '--provider', 'cpu'], {
    cwd: empty,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await map(await addressOf(origin, /whylight serves at (\S+)/), 'saliency');
  } finally {
    if (origin.exitCode === null) origin.kill('SIGTERM');
  }
  const [left] = origin.exitCode === null ? await once(origin, 'exit') : [origin.exitCode];
  check(left === 0, `the origin ended with ${left}`);

  const packages = [];
  for (const strategy of STRATEGIES) {
    step(`a plugin of the strategy ${strategy}: make, install, test, build`);
    const name = `e2e-${strategy}`;
    run(empty, join('node_modules', '.bin', 'whylight'), 'create-plugin', name, '--strategy', strategy);
    const folder = join(empty, `saliency-method-${name}`);
    run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--save-dev', tarball);
    const said = run(folder, 'npm', 'test');
    check(/Tests\s.*[1-9]\d* passed/.test(said), `the tests of ${name} did not run:\n${said}`);
    run(folder, 'npm', 'run', 'build');
    packages.push({ name, folder, id: name.replaceAll('-', '_') });
  }

  step('a fresh clone with the three methods');
  const clone = join(work, 'clone');
  run(work, 'git', 'clone', '--quiet', ROOT, clone);
  const config = join(clone, 'plugins.config.json');
  const said = JSON.parse(readFileSync(config, 'utf8'));
  run(clone, 'npm', 'ci', '--no-audit', '--no-fund');
  run(
    clone,
    'npm',
    'install',
    '--no-audit',
    '--no-fund',
    '--no-save',
    // The plugins' peer, which npm would fetch by itself once it is published.
    tarball,
    ...packages.map(({ folder }) => pack(folder)),
  );
  said.plugins.push(...packages.map(({ name }) => ({ use: `saliency-method-${name}` })));
  writeFileSync(config, `${JSON.stringify(said, null, 2)}\n`);

  step('npm start, and a map of each over HTTP');
  const server = spawn('npm', ['start', '--', '--port', '0'], {
    cwd: clone,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const address = await addressOf(server, /whylight answers at (\S+)/);
    for (const { id } of packages) await map(address, id);
  } finally {
    if (server.exitCode === null) {
      process.kill(-server.pid, 'SIGTERM');
      await once(server, 'exit');
    }
  }
  step('done');
} finally {
  rmSync(work, { recursive: true, force: true });
}

function pack(folder) {
  const [{ filename }] = JSON.parse(
    run(folder, 'npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', work),
  );
  return join(work, filename);
}

async function map(address, method) {
  const response = await fetch(`${address}/v2/models/cifar10/explain?method=${method}`, {
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
function addressOf(server, line) {
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
