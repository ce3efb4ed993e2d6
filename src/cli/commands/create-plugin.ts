/** `whylight create-plugin my-method --strategy ...`: a package with a worked example, ready to be changed. */
import { existsSync } from 'node:fs';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UsageError } from '../arguments.ts';
import { CONFIGURED, METRICS, MODALITIES, ROOT, TASKS } from '../compose.ts';
import { defineCommand } from '../define-command.ts';
import { positional } from '../flags.ts';
import { packWhylight } from '../pack-whylight.ts';

/** The example package of each strategy is what a new method starts from. */
const STRATEGIES = {
  gradient: 'gradient-agreement',
  activation: 'rectified-backprop',
  perturbation: 'antithetic-contrast',
} as const;

/** Kinds of components: how their packages are called, the example to start from, and the ids that are taken. */
const KINDS = {
  method: { prefix: 'saliency-method', ids: () => CONFIGURED.map(({ method }) => method.id) },
  metric: { prefix: 'metric', template: 'largest-drop', ids: () => [...METRICS.keys()] },
  task: { prefix: 'task', template: 'yes-no', ids: () => TASKS.tasks.map(({ id }) => id) },
  modality: { prefix: 'modality', template: 'dna-strand', ids: () => ['image', ...MODALITIES.ids] },
} as const;

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

const args = {
  name: positional('Name of the component, such as my-method', { required: true }),
  kind: {
    type: 'enum',
    options: Object.keys(KINDS),
    default: 'method',
    description: 'What the package brings: method, metric, task or modality',
  },
  strategy: {
    type: 'enum',
    options: Object.keys(STRATEGIES),
    default: 'gradient',
    description: 'What the example method does: gradient, activation or perturbation',
  },
} as const;

export default defineCommand({
  name: 'create-plugin',
  description: 'Makes a package with a saliency method, a metric, a task or a modality that works and is tested.',
  examples: ['whylight create-plugin my-method', 'whylight create-plugin my-metric --kind metric'],
  args,
  async run({ name, strategy, kind: wanted }) {
    const kind = wanted as keyof typeof KINDS;
    const { prefix, ids } = KINDS[kind];
    if (!NAME.test(name)) throw new UsageError(`"${name}" is no name for a package: use a-z, 0-9 and "-".`);
    const id = name.replaceAll('-', '_');
    if (ids().includes(id)) throw new UsageError(`There is a ${kind} "${id}" already: choose another name.`);
    const template = kind === 'method' ? STRATEGIES[strategy as keyof typeof STRATEGIES] : KINDS[kind].template;
    const folder = resolve(`${prefix}-${name}`);
    if (existsSync(folder)) throw new UsageError(`${folder} exists already: choose another name, or remove it.`);
    await cp(join(ROOT, 'examples', `${prefix}-${template}`), folder, {
      recursive: true,
      filter: (path) => !/(node_modules|dist|package-lock\.json)$/.test(path.slice(ROOT.length)) || path === ROOT,
    });
    await renamed(folder, template, name);
    await dependOnThis(folder);
    const what = kind === 'method' ? `method of the strategy ${strategy}` : kind;
    console.log(`${prefix}-${name}: a package with a ${what} to start from

  cd ${prefix}-${name}
  npm install
  npm test            every promise of the contract
  npm run build

The ${kind} is in src/index.ts.`);
  },
});

/** Lets the package depend on the whylight that made it, packed beside it. */
async function dependOnThis(folder: string): Promise<void> {
  const path = join(folder, 'package.json');
  const manifest = JSON.parse(await readFile(path, 'utf8'));
  manifest.devDependencies.whylight = await packWhylight(folder);
  await writeFile(path, `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Puts the new name in place of the example's, as it is spelled in packages, ids and titles. */
async function renamed(folder: string, from: string, to: string): Promise<void> {
  const spellings = (name: string): [string, string, string] => [
    name,
    name.replaceAll('-', '_'),
    name
      .split('-')
      .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
      .join(' '),
  ];
  const [old, own] = [spellings(from), spellings(to)];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const text = await readFile(path, 'utf8');
    await writeFile(
      path,
      old.reduce((changed, spelling, i) => changed.replaceAll(spelling, own[i] as string), text),
    );
  }
}
