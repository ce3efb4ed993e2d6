/** The command line: finds the command, runs it, and turns whatever goes wrong into one line and an exit code. */
import { type ArgsDef, type CommandDef, renderUsage, runCommand } from 'citty';
import { WhylightError } from '../core/errors.ts';
import { collectLessOften } from '../node/garbage.ts';
import { splitArguments, UsageError } from './arguments.ts';

collectLessOften();

// Each command is loaded when it is called: `--help` and a typing error should not wait for an inference engine.
const COMMANDS: Record<string, { about: string; load: () => Promise<{ default: unknown }> }> = {
  explain: {
    about: 'Explain a prediction: top classes and a saliency map',
    load: () => import('./commands/explain.ts'),
  },
  compare: { about: 'Explain by several methods, side by side', load: () => import('./commands/compare.ts') },
  evaluate: {
    about: 'Measure how faithful methods are, over a folder of pictures',
    load: () => import('./commands/evaluate.ts'),
  },
  report: {
    about: 'Report on a folder of pictures: where the model looks',
    load: () => import('./commands/report.ts'),
  },
  methods: { about: 'List the saliency methods and their parameters', load: () => import('./commands/methods.ts') },
  inspect: { about: 'What whylight can do with an ONNX model', load: () => import('./commands/inspect.ts') },
  calibrate: {
    about: 'Measure how long a row of a model takes',
    load: () => import('./commands/calibrate.ts'),
  },
  check: { about: 'Compare the gradient of models with differences', load: () => import('./commands/check.ts') },
  export: { about: 'Write compiled graphs for an inference server', load: () => import('./commands/export.ts') },
  serve: {
    about: 'Serve the HTTP API from this process, also as an origin',
    load: () => import('./commands/serve.ts'),
  },
  plugins: { about: 'List, check and add methods of third parties', load: () => import('./commands/plugins.ts') },
  'create-plugin': {
    about: 'Make a package with a method of your own',
    load: () => import('./commands/create-plugin.ts'),
  },
  parity: { about: 'Compare with attributions of other libraries', load: () => import('./commands/parity.ts') },
};

const HELP = `whylight: which parts of the input made the model answer so

USAGE  whylight <command> [options]

COMMANDS
${Object.entries(COMMANDS)
  .map(([name, { about }]) => `  ${name.padEnd(13)} ${about}`)
  .join('\n')}

"whylight <command> --help" tells more about a command; "--debug" adds the stack to an error.`;

const words = process.argv.slice(2);
const debug = words.includes('--debug');
const wantsHelp = words.includes('--help') || words.includes('-h');

try {
  await run(words.filter((word) => word !== '--debug' && word !== '--help' && word !== '-h'));
} catch (error) {
  const usage = error instanceof UsageError || (error instanceof Error && error.name === 'CLIError');
  process.stderr.write(`error: ${describe(error)}\n`);
  if (debug && error instanceof Error)
    process.stderr.write(`${error.stack}\n${error.cause ? `cause: ${error.cause}\n` : ''}`);
  process.exitCode = usage ? 2 : 1;
}

async function run([name, ...rest]: string[]): Promise<void> {
  if (name === undefined || name === 'help') {
    process.stdout.write(`${HELP}\n`);
    if (name === undefined && !wantsHelp) process.exitCode = 2;
    return;
  }
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!entry) {
    throw new UsageError(`There is no command "${name}"; there are ${Object.keys(COMMANDS).join(', ')}.`);
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
