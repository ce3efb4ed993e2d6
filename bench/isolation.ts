/**
 * `npm run bench:isolation`: the time that a tenant waits for an explanation while a bad method of the tests runs for
 * another one in the same process; beside it, the time alone, and the time while a good method runs for the other. The
 * three take turns, so that other load on the machine falls on all, and lower quartiles are compared. With `isolated` as
 * first argument, the bad methods run in threads of their own, among them those that would end a shared process; with
 * `cost`, the same good methods are compared inside the server and in threads of their own.
 */
import { hardenBuiltIns } from '../src/core/harden.ts';
import { createEdge } from '../src/package/edge-node.ts';
import saliency from '../src/plugins/gradient/saliency.ts';
import { BAD_PLUGINS, WORSE_PLUGINS } from '../test/support/bad-plugins.ts';
import { isolatedPlugins } from '../test/support/isolated-plugins.ts';
import { printIsolationCost } from './support/isolation-cost.ts';

hardenBuiltIns();

const ROUNDS = 21;
/** Methods that are named on the command line; all without names. */
const [mode, ...others] = process.argv.slice(2);
const isApart = mode === 'isolated';
if (mode === 'cost') {
  await printIsolationCost();
  process.exit();
}
const wanted = isApart || mode === undefined ? others : [mode, ...others];
const measured = [...BAD_PLUGINS, ...(isApart ? WORSE_PLUGINS : [])].filter(
  ({ method }) => wanted.length === 0 || wanted.includes(method.id),
);
const { methods, remove } = isApart
  ? await isolatedPlugins(measured)
  : { methods: measured.map(({ method }) => method), remove: () => undefined };
const edge = createEdge({
  methods: [saliency, ...methods],
  models: { cifar10: 'models/cifar10' },
  authenticate: (request) => request.headers.get('X-Tenant') ?? undefined,
  log: () => undefined,
  limits: { edgeMs: 300 },
});
const data = Array.from({ length: 3072 }, (_, i) => Math.sin(i * 0.013));
const body = JSON.stringify({ inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 3, 32, 32], data }] });

const ask = async (tenant: string, method: string): Promise<number> => {
  const headers = { 'Content-Type': 'application/json', 'X-Tenant': tenant, 'Cache-Control': 'no-store' };
  const url = `http://whylight.test/v2/models/cifar10/explain?method=${method}`;
  const started = performance.now();
  await (await edge.fetch(new Request(url, { method: 'POST', headers, body }))).arrayBuffer();
  return performance.now() - started;
};

const quartile = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 2] ?? 0;

/** Time of a request that begins just after one of another tenant. */
async function beside(method: string): Promise<number> {
  const other = ask('other', method);
  const time = await ask('careful', 'saliency');
  await other;
  return time;
}

for (let i = 0; i < ROUNDS; i++) await ask('careful', 'saliency');
process.on('exit', remove);
const rows: { id: string; alone: number; good: number; bad: number }[] = [];
for (const { method } of measured) {
  const [alone, good, bad]: [number[], number[], number[]] = [[], [], []];
  for (let i = 0; i < ROUNDS; i++) {
    alone.push(await ask('careful', 'saliency'));
    good.push(await beside('saliency'));
    bad.push(await beside(method.id));
  }
  rows.push({ id: method.id, alone: quartile(alone), good: quartile(good), bad: quartile(bad) });
}
const [toAlone, toGood] = [
  ({ bad, alone }: (typeof rows)[number]): number => bad / alone,
  ({ bad, good }: (typeof rows)[number]): number => bad / good,
];
for (const row of rows.toSorted((a, b) => toAlone(b) - toAlone(a))) {
  const times = [row.alone, row.good, row.bad].map((time) => time.toFixed(1)).join(', ');
  const ratios = `${toAlone(row).toFixed(2)} times alone, ${toGood(row).toFixed(2)} times beside a good one`;
  console.log(`${row.id.padEnd(28)} ${times} ms: ${ratios}`);
}
const most = (of: (row: (typeof rows)[number]) => number): string => Math.max(...rows.map(of)).toFixed(2);
console.log(
  `largest: ${most(toAlone)} times alone, ${most(toGood)} times beside a good method (${rows.length} bad methods)`,
);
