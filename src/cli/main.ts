/** The command line of whylight: its commands and its help. */
import { collectLessOften } from '../node/garbage.ts';
import { type Commands, runCommandLine } from './run-command-line.ts';

collectLessOften();

// Each command is loaded when it is called: `--help` and a typing error should not wait for an inference engine.
const COMMANDS: Commands = {
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
};

const HELP = `whylight: which parts of the input made the model answer so

USAGE  whylight <command> [options]

COMMANDS
${Object.entries(COMMANDS)
  .map(([name, { about }]) => `  ${name.padEnd(13)} ${about}`)
  .join('\n')}

"whylight <command> --help" tells more about a command; "--debug" adds the stack to an error.`;

await runCommandLine(COMMANDS, HELP, process.argv.slice(2));
