/** `npm run parity -- <folder>`: attributions compared with those of other libraries. */
import { runCommandLine } from '../../src/cli/run-command-line.ts';
import { collectLessOften } from '../../src/node/garbage.ts';

collectLessOften();
const COMMANDS = { parity: { about: 'Compare attributions with other libraries', load: () => import('./command.ts') } };
await runCommandLine(COMMANDS, { help: 'npm run parity -- <folder>', version: 'of a development tool' }, [
  'parity',
  ...process.argv.slice(2),
]);
