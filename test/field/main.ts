/** `npm run field -- <folder>`: models of other people, exports and fault cases, held against what is right about them. */
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { compose } from '../../src/cli/compose.ts';
import { collectLessOften } from '../../src/node/garbage.ts';
import { corrected } from './corrections.ts';
import { judge, type Verdict } from './judge.ts';
import { readCases } from './read-cases.ts';
import { autoLines, familyFigures, line, summary } from './report.ts';

const HELP = `USAGE  npm run field -- [options] <folder> [part of a name]...

Opens, describes, runs and explains every model that an expected.json, case.json or exports.json below the folder
describes, and compares outputs, gradients and attributions with the arrays beside it. Exits with 1 if a case fails.

  --failed           prints only what fails
  --auto             runs method=auto alone, and counts what was chosen
  --quick            runs no method that the case does not ask for
  --json <file>      writes the verdicts as JSON; - is standard output
  --families <file>  adds the figures of model families to a JSON file, in place of those of the same families
  --help             prints this`;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    failed: { type: 'boolean' },
    quick: { type: 'boolean' },
    auto: { type: 'boolean' },
    json: { type: 'string' },
    families: { type: 'string' },
    help: { type: 'boolean' },
  },
});
const [folder, ...parts] = positionals;
if (flags.help || folder === undefined) {
  console.log(HELP);
  process.exit(flags.help ? 0 : 2);
}

collectLessOften();
const root = resolve(folder);
const cases = (await corrected(await readCases(root))).filter(
  ({ name }) => parts.length === 0 || parts.some((part) => name.includes(part)),
);
const options = { explainer: await compose('node'), root, quick: flags.quick ?? false, auto: flags.auto ?? false };
const print = flags.json === '-' ? console.error : console.log;
const verdicts: Verdict[] = [];
for (const [i, one] of cases.entries()) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${i + 1}/${cases.length} ${one.name}`);
  const verdict = await judge(one, options);
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  verdicts.push(verdict);
  if (!flags.failed || verdict.verdict === 'FAIL') print(line(verdict));
}
if (flags.json === '-') console.log(JSON.stringify(verdicts, null, 2));
else if (flags.json !== undefined) await writeFile(flags.json, `${JSON.stringify(verdicts, null, 2)}\n`);
if (flags.families !== undefined) await addFamilies(flags.families);
if (flags.auto) for (const chosen of autoLines(verdicts)) print(chosen);
print(`\n${summary(verdicts)}`);
process.exitCode = cases.length === 0 || verdicts.some(({ verdict }) => verdict === 'FAIL') ? 1 : 0;

/** Figures of this run beside those of other families in the file. */
async function addFamilies(file: string): Promise<void> {
  const before = JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as ReturnType<typeof familyFigures>;
  const after = { ...before };
  for (const [origin, families] of Object.entries(familyFigures(verdicts))) {
    after[origin] = sorted({ ...after[origin], ...families });
  }
  await writeFile(file, `${JSON.stringify(sorted(after), null, 2)}\n`);
}

function sorted<T>(entries: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));
}
