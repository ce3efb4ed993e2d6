/**
 * Measures the process that preloads it (`node --import`): writes two lines to file descriptor 3, the processor time in
 * milliseconds of all threads until the first output, and until the end. Plain JavaScript, as Node would load its
 * compiler of TypeScript for a preloaded file before the cache of the command line is in use.
 */
import { writeSync } from 'node:fs';

const REPORT = 3;

const report = () => {
  const { user, system } = process.cpuUsage();
  writeSync(REPORT, `${(user + system) / 1000}\n`);
};

let silent = true;
for (const stream of [process.stdout, process.stderr]) {
  const write = stream.write.bind(stream);
  stream.write = (...words) => {
    if (silent) report();
    silent = false;
    return write(...words);
  };
}
process.on('exit', report);
