/**
 * `npm run e2e`: the way of somebody who publishes a method, from the packed package to a map over HTTP, in empty folders
 * outside of the project. Takes minutes: it installs packages for each step, as they would.
 *
 * 1. Pack the package and install it into an empty project; import each of its entries.
 * 2. Make a plugin of each strategy, a metric, a task and a modality with the packed command line; install, test and
 *    build each.
 * 3. Add them to a fresh clone, start it, and ask each method for its map.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
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

/** Node that reads TypeScript; the machine's own may not. */
const PINNED_NODE = join(ROOT, 'node_modules/.bin/node');
const STRATEGIES = ['gradient', 'activation', 'perturbation', 'propagation'];
const KINDS = ['metric', 'task', 'modality'];
const ENTRIES = [
  'whylight',
  'whylight/plugin',
  'whylight/compiler',
  'whylight/prepared',
  'whylight/testing',
  'whylight/edge',
  'whylight/client',
];

const work = workFolder();
try {
  step('pack');
  const tarball = packProject(work);

  step('install into an empty project, import each entry');
  const empty = join(work, 'empty');
  emptyProject(empty, tarball);
  for (const entry of ENTRIES) {
    const count = run(empty, 'node', '-e', `import('${entry}').then((all) => console.log(Object.keys(all).length))`);
    check(Number(count) > 0, `${entry} exports nothing`);
    console.log(`${entry}: ${count.trim()} exports`);
  }

  step('an origin from the package, and a map over HTTP');
  run(empty, 'npm', 'install', '--no-audit', '--no-fund', nodeEngine());
  const origin = spawn(join('node_modules', '.bin', 'whylight'), ['serve', '--port', '0', '--provider', 'cpu'], {
    cwd: empty,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await askForMap(await addressOf(origin, /whylight serves at (\S+)/), 'saliency');
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
    console.log(run(folder, 'npm', 'run', 'check').trim().split('\n').slice(-4).join('\n'));
    const id = name.replaceAll('-', '_');
    // The sources as they are, of however many files; the built package by its folder.
    for (const use of [`./saliency-method-${name}/src/index.ts`, `./saliency-method-${name}`]) {
      const known = run(
        empty,
        PINNED_NODE,
        join('node_modules', 'whylight', 'src/cli/whylight.mjs'),
        'methods',
        '--plugin',
        use,
      );
      check(known.includes(id), `--plugin ${use} does not load ${id}`);
    }
    packages.push({ name, folder, id });
  }

  for (const kind of KINDS) {
    step(`a ${kind}: make, install, test, build`);
    run(empty, join('node_modules', '.bin', 'whylight'), 'create-plugin', 'e2e-trial', '--kind', kind);
    const folder = join(empty, `${kind}-e2e-trial`);
    run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--save-dev', tarball);
    const said = run(folder, 'npm', 'test');
    check(/Tests\s.*[1-9]\d* passed/.test(said), `the tests of the ${kind} did not run:\n${said}`);
    run(folder, 'npm', 'run', 'build');
  }

  step('a fresh clone with the methods');
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
    for (const { id } of packages) await askForMap(address, id);
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
