/** Dispatch of a command line: finds the command, runs it, and turns errors into one line and an exit code. */
import { type ArgsDef, type CommandMeta, runCommand } from 'citty';
import { WhylightError } from '../core/errors.ts';
import { systemErrorText } from '../node/system-errors.ts';
import { splitArguments, UsageError } from './arguments.ts';
import type { CompletedCommand } from './completion.ts';
import type { Command } from './define-command.ts';
import { commandHelp } from './help.ts';

interface Entry {
  /** One line for the list of commands. */
  readonly about: string;
  /** Loads the command; called when it is needed. */
  readonly load: () => Promise<{ default: unknown }>;
}

/** Commands by name. */
export type Commands = Readonly<Record<string, Entry>>;

/** Texts for `--help` without a command, and for `--version`. */
interface Texts {
  readonly help: string;
  readonly version: string;
}

/**
 * Runs one command line. Errors go to stderr; the exit code is 2 for a mistake in the command line, otherwise 1.
 *
 * @param texts answers to `help`, `--help`, no command and `--version`
 * @param words arguments without the program, e.g. `process.argv.slice(2)`
 */
export async function runCommandLine(commands: Commands, texts: Texts, words: readonly string[]): Promise<void> {
  const debug = words.includes('--debug');
  const wantsHelp = words.includes('--help') || words.includes('-h');
  try {
    const rest = words.filter((word) => word !== '--debug' && word !== '--help' && word !== '-h');
    await dispatch(commands, texts, wantsHelp, rest);
  } catch (error) {
    const usage = error instanceof UsageError || (error instanceof Error && error.name === 'CLIError');
    process.stderr.write(`error: ${describe(error)}\n`);
    if (debug && error instanceof Error) {
      process.stderr.write(`${error.stack}\n${error.cause ? `cause: ${error.cause}\n` : ''}`);
    }
    process.exitCode = usage ? 2 : 1;
  }
}

async function dispatch(
  commands: Commands,
  { help, version }: Texts,
  wantsHelp: boolean,
  words: string[],
): Promise<void> {
  const [name, ...rest] = words;
  // Also behind a command, where people type it as well.
  if (name === '-v' || words.includes('--version')) {
    process.stdout.write(`whylight ${version}\n`);
    return;
  }
  if (name === undefined || name === 'help') {
    process.stdout.write(`${help}\n`);
    if (name === undefined && !wantsHelp) process.exitCode = 2;
    return;
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!entry) {
    throw new UsageError(`There is no command "${name}"; there are ${Object.keys(commands).join(', ')}.`);
  }
  const { plugins, others } = takePlugins(rest);
  if (plugins.length > 0) (await import('./third-party.ts')).usePlugins(plugins);
  const command = (await entry.load()).default as Command;
  const isBare = command.needsArguments && others.length === 0;
  if (wantsHelp || isBare) {
    if (!wantsHelp) process.exitCode = 2;
    const { OPTION_GROUPS: groups } = await import('./option-groups.ts');
    const { description = entry.about } = command.meta as CommandMeta;
    const args = command.args as ArgsDef;
    process.stdout.write(`${commandHelp({ name, description, args, groups, examples: command.examples })}\n`);
    return;
  }
  const { known, parameters } = splitArguments(others, command.args as ArgsDef);
  await runCommand(command, { rawArgs: known, data: { parameters, listCommands: () => listed(commands) } });
}

/** Takes `--plugin <file or package>` out of the words of a command, which loads them whichever it is. */
function takePlugins(words: readonly string[]): { plugins: string[]; others: string[] } {
  const plugins: string[] = [];
  const others: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (!/^--plugin(=|$)/.test(word)) {
      others.push(word);
      continue;
    }
    const value = word.startsWith('--plugin=') ? word.slice('--plugin='.length) : words[++i];
    if (!value || value.startsWith('--')) throw new UsageError('--plugin needs a file or a package: --plugin ./x.ts');
    plugins.push(value);
  }
  return { plugins, others };
}

/** Every command with its arguments. */
const listed = (commands: Commands): Promise<CompletedCommand[]> =>
  Promise.all(
    Object.entries(commands).map(async ([name, { about, load }]) => {
      const { default: command } = await load();
      return { name, about, args: (command as Command).args as ArgsDef };
    }),
  );

/** `code: message`, on one line. */
function describe(error: unknown): string {
  if (WhylightError.is(error)) return `${error.code}: ${oneLine(error.message)}`;
  return systemErrorText(error) ?? oneLine(error instanceof Error ? error.message : String(error));
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}
