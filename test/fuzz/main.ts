/** `npm run fuzz -- <target>`: mutated inputs for everything that reads bytes from outside. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { tryInput } from './fuzz.ts';
import { shrink } from './shrink.ts';
import { supervise } from './supervise.ts';
import { loadTarget, TARGETS } from './targets/index.ts';

const HELP = `USAGE  npm run fuzz -- [options] [target]...

Mutates inputs, and reads them. Nothing but a WhylightError may come out, within 10 s and 1 GiB a run.
Targets: ${Object.keys(TARGETS).join(', ')}; all of them when none or "all" is named.

  --runs <n>      runs of each target (default: 10000)
  --total <n>     runs of all targets together, divided evenly, in place of --runs
  --seconds <n>   time for each target; it ends with the runs or the time, whichever comes first (default: 600)
  --seed <n>      seed of all choices, or today for the number of the day (default: 1)
  --from <n>      number of the first run (default: 0): --from 1234 --runs 1 repeats run 1234
  --out <folder>  where inputs that show a fault are written, shrunk (default: fuzz-faults)
  --help          prints this

Ends with 1 when a fault was found.`;

/** Ends with 2 for a call that is not understood. */
function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        runs: { type: 'string', default: '10000' },
        total: { type: 'string' },
        seconds: { type: 'string', default: '600' },
        seed: { type: 'string', default: '1' },
        from: { type: 'string', default: '0' },
        out: { type: 'string', default: 'fuzz-faults' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

const { values: flags, positionals } = readArguments();
const isAll = positionals.length === 0 || positionals.includes('all');
const names = isAll ? Object.keys(TARGETS) : positionals;
const unknown = names.filter((name) => !Object.hasOwn(TARGETS, name));
if (flags.help || unknown.length > 0) {
  console.log(unknown.length > 0 ? `There is no target ${unknown.join(', ')}.\n\n${HELP}` : HELP);
  process.exit(flags.help ? 0 : 2);
}

for (const name of ['runs', 'total', 'seconds', 'from'] as const) {
  const text = flags[name] ?? '0';
  if (!/^\d+(\.\d+)?$/.test(text)) refuse(`--${name} takes a number from 0, not "${text}".`);
}
if (flags.seed !== 'today' && !/^\d+$/.test(flags.seed))
  refuse(`--seed takes a whole number or today, not "${flags.seed}".`);

/** Faults of one target that are written: many have one cause. */
const MAX_WRITTEN = 20;
const DAY_MS = 86_400_000;
const seed = flags.seed === 'today' ? Math.floor(Date.now() / DAY_MS) : Number(flags.seed);
const from = Number(flags.from);
const runs = flags.total === undefined ? Number(flags.runs) : Math.ceil(Number(flags.total) / names.length);
let [found, ran] = [0, 0];
for (const name of names) {
  const module = TARGETS[name] as string;
  const target = await loadTarget(module);
  const started = performance.now();
  const until = started + 1000 * Number(flags.seconds);
  const { runs: done, outcomes, faults } = await supervise(module, { seed, from, to: from + runs, until, progress });
  ran += done;

  function progress(count: number, faulty: number): void {
    const after = ((performance.now() - started) / 1000).toFixed(0);
    console.error(`${name}: ${count} of ${runs} runs, ${faulty} faults, ${after} s`);
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${name}: ${done} runs in ${seconds} s, ${faults.length} faults`);
  for (const [outcome, count] of Object.entries(outcomes).sort(([, a], [, b]) => b - a)) {
    console.log(`${String(count).padStart(9)}  ${outcome}`);
  }
  for (const { run, input, reason } of faults.slice(0, MAX_WRITTEN)) {
    // An input that hangs is not shrunk: each try would hang again.
    const isThrown = !/^The (run took|thread ended)/.test(reason);
    const small = isThrown ? await shrink(input, async (bytes) => 'fault' in (await tryInput(target, bytes))) : input;
    mkdirSync(flags.out, { recursive: true });
    const path = join(flags.out, `${name}-${seed}-${run}.bin`);
    writeFileSync(path, small);
    console.log(`run ${run}, ${small.length} bytes in ${path}: ${reason.split('\n').slice(0, 4).join('\n    ')}`);
  }
  found += faults.length;
}
console.log(`seed ${seed}: ${ran} runs, ${found} faults`);
process.exit(found > 0 ? 1 : 0);
