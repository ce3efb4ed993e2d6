/** `npm run interop [-- <folder>]`: clients and servers of other people, unmodified, against this project's servers. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Processes } from '../../bench/support/processes.ts';
import { byClient, line, type Row, summary } from './rows.ts';
import { type Server, Servers } from './servers.ts';
import { unrun } from './steps/step.ts';
import { STEPS } from './steps.ts';

const HELP = `USAGE  npm run interop -- [options] [folder]

Starts "whylight serve" and the Worker on loopback and runs against them: curl, requests, httpx, Triton's and KServe's
Python clients, generated clients, linters and Schemathesis; then KServe's ModelServer and MLServer as inference servers
behind both. Their packages are installed into .interop/ at the first run. With a folder, its triton_http.py and
kserve_client.py run as well. What is not installed is skipped with its reason. Exits with 1 if a check fails.

  --only a,b      steps to run: ${Object.keys(STEPS).join(', ')}
  --on node|workerd   one server instead of both
  --seconds N     time for Schemathesis at each server (default: 120)
  --failed        prints only what fails
  --help          prints this`;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    on: { type: 'string' },
    seconds: { type: 'string', default: '120' },
    failed: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
if (flags.help) {
  console.log(HELP);
  process.exit(0);
}

const wanted = flags.only?.split(',') ?? Object.keys(STEPS);
const unknown = wanted.filter((name) => !Object.hasOwn(STEPS, name));
if (unknown.length > 0) {
  console.error(`interop: there is no step ${unknown.join(', ')}: use ${Object.keys(STEPS).join(', ')}.`);
  process.exit(2);
}

const starts = new Servers(new Processes());
const rows: Row[] = [];
try {
  const servers: Server[] = [];
  if (flags.on !== 'workerd') servers.push(await starts.node());
  if (flags.on !== 'node') servers.push(await starts.workerd());
  const scripts = positionals[0] === undefined ? {} : { scripts: resolve(positionals[0]) };
  const context = { servers, starts, seconds: Number(flags.seconds), ...scripts };
  for (const name of wanted) {
    const found = await STEPS[name]?.(context).catch((reason: unknown): Row[] => [unrun('-', name, reason)]);
    for (const row of found ?? []) {
      rows.push(row);
      if (!flags.failed || row.result === 'FAIL') console.log(line(row));
    }
  }
} finally {
  await starts.stop();
}
console.log(`\n${byClient(rows)}\n\n${summary(rows)}`);
process.exit(rows.some(({ result }) => result === 'FAIL') ? 1 : 0);
