/**
 * Processor time of `whylight explain` on the embedded model: until its first output, and in all. Folders of other
 * checkouts are measured in turn with this one, so that a busy machine slows all of them alike.
 * @example npm run bench:startup -- --runs 10 ../whylight-before
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const HERE = fileURLToPath(new URL('..', import.meta.url));
const PRELOAD = fileURLToPath(new URL('support/first-output.mjs', import.meta.url));
const COMMAND = ['src/cli/whylight.mjs', 'explain', 'examples/photos/tabby.jpg'];

const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '8' } },
  allowPositionals: true,
});

/** Runs the command once. @returns processor time until the first output and until the end, in milliseconds */
function run(folder: string): number[] {
  const { status, output } = spawnSync(process.execPath, ['--import', PRELOAD, ...COMMAND], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`The command failed in ${folder}: ${output[2]}`);
  return (output[3] ?? '').trim().split('\n').map(Number);
}

const folders = [HERE, ...positionals];
// The first run of each fills the compile cache of Node.
for (const folder of folders) run(folder);
const runs = Array.from({ length: Number(values.runs) }, () => folders.map(run));

console.log('checkout\tfirst output, least, ms\tmedian\tin all, least, ms\tmedian');
for (const [i, folder] of folders.entries()) {
  const cells = [0, 1].flatMap((moment) => {
    const times = runs.map((round) => round[i]?.[moment] as number);
    const sorted = times.toSorted((a, b) => a - b);
    return [sorted[0], sorted[sorted.length >> 1]].map((time) => time?.toFixed(0));
  });
  console.log([folder, ...cells].join('\t'));
}
