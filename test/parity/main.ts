/** `npm run parity -- <folder>`: attributions compared with those of other libraries. */
import { runCommandLine } from '../../src/cli/run-command-line.ts';
import { collectLessOften } from '../../src/node/garbage.ts';

collectLessOften();
await runCommandLine({ parity: { about: '', load: () => import('./command.ts') } }, '', [
  'parity',
  ...process.argv.slice(2),
]);
