/**
 * `npm run deploy`: makes the resources that wrangler.toml binds, unless they are there, writes their ids into
 * wrangler.deploy.toml, and deploys with it. `--env staging` does so for that environment. `--dry-run` makes nothing: it
 * lists the resources and builds the Worker.
 */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { environmentOf } from './deploy/environment.ts';
import { makeResources, type RunWrangler, resourcesOf, workerOf } from './deploy/resources.ts';
import { OFFLINE_WRANGLER, PINNED_NODE } from './tools.mjs';

const CONFIG = 'wrangler.toml';
const WRANGLER = 'node_modules/wrangler/bin/wrangler.js';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const { values } = parseArgs({ options: { 'dry-run': { type: 'boolean', default: false }, env: { type: 'string' } } });
const toml = environmentOf(readFileSync(CONFIG, 'utf8'), values.env);
const written = values.env === undefined ? 'wrangler.deploy.toml' : `wrangler.${values.env}.deploy.toml`;
const isDry = values['dry-run'];

const wrangler: RunWrangler = async (args) => {
  const run = promisify(execFile);
  // Without an account nothing is asked of the network.
  const env = { ...process.env, ...(isDry && OFFLINE_WRANGLER) };
  const { stdout, stderr } = await run(PINNED_NODE, [WRANGLER, ...args], { env, maxBuffer: 2 ** 24 }).catch((error) => {
    throw new Error(`wrangler ${args.join(' ')} failed: ${`${error.stdout}${error.stderr}`.trim()}`);
  });
  return `${stdout}${stderr}`;
};

try {
  if (isDry) {
    const { namespaces, buckets, queues } = resourcesOf(toml);
    const worker = workerOf(toml);
    for (const name of namespaces) console.log(`would make, unless it is there: KV namespace ${worker}-${name}`);
    for (const name of buckets) console.log(`would make, unless it is there: R2 bucket ${name}`);
    for (const name of queues) console.log(`would make, unless it is there: queue ${name}`);
    console.log(await wrangler(['deploy', '--dry-run', '--config', CONFIG, '--env', values.env ?? '']));
  } else {
    writeFileSync(written, await makeResources(toml, wrangler, (line) => console.log(line)));
    console.log(`The ids are in ${written}.`);
    console.log(await wrangler(['deploy', '--config', written]));
  }
} catch (error) {
  console.error(`deploy: ${(error as Error).message}`);
  process.exitCode = 1;
}
