/**
 * Makes a clone ready to run: installs the packages when they are missing or are not those of package-lock.json, then
 * writes the generated files. `npm start` and `npm test` call it first, with whatever Node the machine has, so it keeps
 * to what Node 20 knows.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { GENERATORS, PINNED_NODE } from './tools.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

if (!installed()) {
  console.log('setup: installing packages (npm ci) ...');
  const started = Date.now();
  // npm names itself in this variable; a bare `npm` is for those who call this file by hand.
  const npm = process.env.npm_execpath?.includes('npm-cli') ? [process.execPath, process.env.npm_execpath] : ['npm'];
  run(
    [...npm, 'ci', '--no-audit', '--no-fund'],
    'npm ci failed. Its message is above; is the package registry reachable?',
  );
  if (!existsSync(PINNED_NODE)) {
    fail('npm ci did not bring the pinned Node. Are install scripts switched off (npm config get ignore-scripts)?');
  }
  console.log(`setup: packages installed in ${Math.round((Date.now() - started) / 1000)} s`);
}
for (const generator of GENERATORS) run([PINNED_NODE, generator], `${generator} failed; its message is above.`);

/** Does node_modules hold what the lock file asks for? npm writes down there what it has put in place. */
function installed() {
  if (!existsSync(PINNED_NODE)) return false;
  try {
    const wanted = readPackages('package-lock.json');
    const present = readPackages('node_modules/.package-lock.json');
    return Object.entries(wanted).every(([path, entry]) => {
      if (path === '') return true;
      const version = present[path]?.version;
      // Optional packages are those of other platforms.
      return version === undefined ? entry.optional === true || entry.peer === true : version === entry.version;
    });
  } catch {
    return false;
  }
}

function readPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}

function run([command, ...args], message) {
  const { status, error } = spawnSync(command, args, {
    stdio: 'inherit',
    // Read by onnxruntime-node's install script, which would download libraries for GPUs. npm before 11 runs it.
    env: { ONNXRUNTIME_NODE_INSTALL: 'skip', ...process.env },
    shell: command === 'npm' && process.platform === 'win32',
  });
  if (error || status !== 0) fail(error ? `${message} (${error.message})` : message);
}

function fail(message) {
  console.error(`setup: ${message}`);
  process.exit(1);
}
