/** `npm run field -- <folder>`: models of other people and fault cases, held against what is right about them. */
import { resolve } from 'node:path';
import { compose } from '../../src/cli/compose.ts';
import { collectLessOften } from '../../src/node/garbage.ts';
import { readCases } from './expectation.ts';
import { judge } from './judge.ts';

collectLessOften();
const [folder, only] = process.argv.slice(2);
if (folder === undefined || folder === '--help') {
  console.log(
    'USAGE  npm run field -- <folder> [part of a name]\n\nOpens, describes and explains every model that an expected.json in the folder describes.',
  );
  process.exit(folder === undefined ? 2 : 0);
}
const root = resolve(folder);
const cases = (await readCases(root)).filter(({ name }) => only === undefined || name.includes(only));
const explainer = await compose('node');
let failed = 0;
for (const one of cases) {
  const { name, faults } = await judge(one, explainer, root);
  if (faults.length > 0) failed += 1;
  console.log(
    `${faults.length > 0 ? 'FAIL' : 'pass'}  ${name}${faults.length > 0 ? `\n      ${faults.join('\n      ')}` : ''}`,
  );
}
console.log(`\n${cases.length - failed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed > 0 || cases.length === 0 ? 1 : 0;
