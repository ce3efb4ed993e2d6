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

/** Flags that take a number, with their defaults. */
export function numberFlagsOf<Names extends string>(
  help: string,
  defaults: Readonly<Record<Names, number>>,
): Readonly<Record<Names, number>> {
  const entries = Object.entries<number>(defaults);
  const { values } = flagsOf(
    help,
    Object.fromEntries(entries.map(([name, value]) => [name, { type: 'string' as const, default: String(value) }])),
  );
  const given: Readonly<Record<string, unknown>> = values;
  return Object.fromEntries(entries.map(([name]) => [name, Number(given[name])])) as Record<Names, number>;
}
