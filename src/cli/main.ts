/** Command line of whylight: its commands, their examples, and the help. */
import { readFileSync } from 'node:fs';
import { collectLessOften } from '../node/garbage.ts';
import { section } from './help.ts';
import { type Commands, runCommandLine } from './run-command-line.ts';

collectLessOften();

// Each command is loaded when it is called: `--help` and a typing error should not wait for an inference engine.
const COMMANDS: Commands = {
  explain: {
    about: 'Explain a prediction: top classes and a saliency map',
    load: () => import('./commands/explain.ts'),
  },
  compare: {
    about: 'Explain by several methods or for several targets, side by side',
    load: () => import('./commands/compare.ts'),
  },
  evaluate: {
    about: 'Measure the faithfulness of methods over a folder of images',
    load: () => import('./commands/evaluate.ts'),
  },
  report: {
    about: 'Report on a folder of images: what the model looks at',
    load: () => import('./commands/report.ts'),
  },
  methods: { about: 'List the saliency methods and their parameters', load: () => import('./commands/methods.ts') },
  inspect: {
    about: 'Show size, cost, operators and usable methods of a model',
    load: () => import('./commands/inspect.ts'),
  },
  calibrate: { about: 'Measure the time that a model takes per row', load: () => import('./commands/calibrate.ts') },
  check: { about: 'Compare the gradient of models with finite differences', load: () => import('./commands/check.ts') },
  export: { about: 'Write compiled graphs for an inference server', load: () => import('./commands/export.ts') },
  serve: {
    about: 'Serve the HTTP API from this process, also as an origin',
    load: () => import('./commands/serve.ts'),
  },
  playground: {
    about: 'Open the page, with a model of your own or without',
    load: () => import('./commands/playground.ts'),
  },
  receipt: {
    about: 'Verify the receipt of an explanation, or make keys for receipts',
    load: () => import('./commands/receipt.ts'),
  },
  batch: {
    about: 'Explain many inputs by a deployment, its jobs or this machine, each once',
    load: () => import('./commands/batch.ts'),
  },
  models: {
    about: 'List, upload, download, pin, delete and roll out models of a deployment',
    load: () => import('./commands/models.ts'),
  },
  erase: {
    about: 'Erases what a deployment stores of a tenant',
    load: () => import('./commands/erase.ts'),
  },
  verify: {
    about: 'Check stored models and answers against their digests',
    load: () => import('./commands/verify.ts'),
  },
  backup: { about: 'Save tenants and uploaded models of a deployment', load: () => import('./commands/backup.ts') },
  restore: { about: 'Bring a backup back to a deployment', load: () => import('./commands/restore.ts') },
  price: {
    about: "Compute the cost of explanations on Cloudflare's prices",
    load: () => import('./commands/price.ts'),
  },
  init: { about: 'Make the folder of a deployment', load: () => import('./commands/init.ts') },
  build: { about: 'Write the Worker of a deployment', load: () => import('./commands/build.ts') },
  start: { about: 'Run the Worker of a deployment in local workerd', load: () => import('./commands/start.ts') },
  plugins: { about: 'List, check, add, remove and update methods', load: () => import('./commands/plugins.ts') },
  'create-plugin': {
    about: 'Create a package with a method of your own',
    load: () => import('./commands/create-plugin.ts'),
  },
  completion: {
    about: 'Print a script that completes commands in bash, zsh or fish',
    load: () => import('./commands/completion.ts'),
  },
};

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

const HELP = `whylight: predictions of ONNX models, and the parts of the input behind them

USAGE
  whylight <command> [options]
${section(
  'COMMANDS',
  Object.entries(COMMANDS).map(([name, { about }]) => [name, about]),
).join('\n')}
${section('OPTIONS', [
  ['--help', 'Show this help, or that of a command'],
  ['-v, --version', 'Show the version'],
  ['--plugin <x>', 'Load a method of this file or package; may be repeated'],
  ['--debug', 'Add the stack to an error'],
]).join('\n')}

EXAMPLES
  whylight explain image.jpg -o map.png
  whylight explain --help`;

await runCommandLine(COMMANDS, { help: HELP, version }, process.argv.slice(2));
