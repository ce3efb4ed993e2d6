/** Flags of a benchmark; `--help` prints the usage and ends the process. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** @throws TypeError for options that the benchmark does not have */
export function flagsOf<const Options extends ParseArgsOptionsConfig>(help: string, options: Options) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { ...options, help: { type: 'boolean' } } as Options & { help: { type: 'boolean' } },
  });
  if ((values as { readonly help?: boolean }).help) {
    console.log(help);
    process.exit(0);
  }
  return { values, positionals };
}
