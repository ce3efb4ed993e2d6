/** Dispatch of a command line: finds the command, runs it, and turns errors into one line and an exit code. */
import { type ArgsDef, type CommandDef, renderUsage, runCommand } from 'citty';
import { WhylightError } from '../core/errors.ts';
import { splitArguments, UsageError } from './arguments.ts';

/** Commands by name, each with one line of help; a command is loaded when it is called. */
export type Commands = Readonly<Record<string, { about: string; load: () => Promise<{ default: unknown }> }>>;

/**
 * Runs one command line. Errors go to stderr; the exit code is 2 for a mistake in the command line, otherwise 1.
 *
 * @param help text for `help`, `--help` and no command
 * @param words arguments without the program, e.g. `process.argv.slice(2)`
 */
export async function runCommandLine(commands: Commands, help: string, words: readonly string[]): Promise<void> {
  const debug = words.includes('--debug');
  const wantsHelp = words.includes('--help') || words.includes('-h');
  try {
    const rest = words.filter((word) => word !== '--debug' && word !== '--help' && word !== '-h');
    await dispatch(commands, help, wantsHelp, rest);
  } catch (error) {
    const usage = error instanceof UsageError || (error instanceof Error && error.name === 'CLIError');
    process.stderr.write(`error: ${describe(error)}\n`);
    if (debug && error instanceof Error) {
      process.stderr.write(`${error.stack}\n${error.cause ? `cause: ${error.cause}\n` : ''}`);
    }
    process.exitCode = usage ? 2 : 1;
  }
}

async function dispatch(commands: Commands, help: string, wantsHelp: boolean, words: string[]): Promise<void> {
  const [name, ...rest] = words;
  if (name === undefined || name === 'help') {
    process.stdout.write(`${help}\n`);
    if (name === undefined && !wantsHelp) process.exitCode = 2;
    return;
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!entry) {
    throw new UsageError(`There is no command "${name}"; there are ${Object.keys(commands).join(', ')}.`);
  }
  const command = (await entry.load()).default as CommandDef;
  if (wantsHelp) {
    process.stdout.write(`${await renderUsage(command, { meta: { name: 'whylight' } })}\n`);
    return;
  }
  const { known, parameters } = splitArguments(rest, command.args as ArgsDef);
  await runCommand(command, { rawArgs: known, data: { parameters } });
}

/** `code: message`, on one line. */
function describe(error: unknown): string {
  if (WhylightError.is(error)) return `${error.code}: ${oneLine(error.message)}`;
  return oneLine(error instanceof Error ? error.message : String(error));
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}
