/** `whylight create-plugin my-method --strategy ...`: a package with a worked example, ready to be changed. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UsageError } from '../arguments.ts';
import { CONFIGURED, METRICS, MODALITIES, ROOT, TASKS } from '../compose.ts';
import { copyExample, titleOf } from '../copy-example.ts';
import { defineCommand } from '../define-command.ts';
import { positional } from '../flags.ts';
import { packedWhylight } from '../pack-whylight.ts';

/** Example package that a new method starts from: one of each strategy, and one of rules for the way back. */
const EXAMPLES = {
  gradient: 'gradient-agreement',
  activation: 'position-ablation',
  perturbation: 'antithetic-contrast',
  propagation: 'rectified-backprop',
} as const;

/** Kinds of components: how their packages are called, the example to start from, and the ids that are taken. */
const KINDS = {
  method: { prefix: 'saliency-method', ids: () => CONFIGURED.map(({ method }) => method.id) },
  metric: { prefix: 'metric', template: 'largest-drop', ids: () => [...METRICS.keys()] },
  task: { prefix: 'task', template: 'yes-no', ids: () => TASKS.tasks.map(({ id }) => id) },
  modality: { prefix: 'modality', template: 'dna-strand', ids: () => ['image', ...MODALITIES.ids] },
} as const;

/** Name of each kind in a sentence. */
const WORDS = { method: 'saliency method', metric: 'metric', task: 'task', modality: 'modality' } as const;

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
    options: Object.keys(EXAMPLES),
    default: 'gradient',
    description:
      'What the example method does: gradient (a path), activation (a class activation map), perturbation (masks) or propagation (backward rules)',
  },
  title: {
    type: 'string',
    valueHint: 'text',
    description: 'Title that users see; the name in capitalised words when left out',
  },
} as const;

export default defineCommand({
  name: 'create-plugin',
  description: 'Makes a package with a saliency method, a metric, a task or a modality that works and is tested.',
  examples: [
    'whylight create-plugin my-method',
    'whylight create-plugin my-cam --strategy activation --title "My CAM"',
    'whylight create-plugin my-metric --kind metric',
  ],
  args,
  async run({ name, strategy, title = titleOf(name), kind: wanted }) {
    const kind = wanted as keyof typeof KINDS;
    const { prefix, ids } = KINDS[kind];
    if (!NAME.test(name)) throw new UsageError(`"${name}" is no name for a package: use a-z, 0-9 and "-".`);
    const id = name.replaceAll('-', '_');
    if (ids().includes(id)) throw new UsageError(`There is a ${kind} "${id}" already: choose another name.`);
    const template = kind === 'method' ? EXAMPLES[strategy as keyof typeof EXAMPLES] : KINDS[kind].template;
    const folder = resolve(`${prefix}-${name}`);
    if (existsSync(folder)) throw new UsageError(`${folder} exists already: choose another name, or remove it.`);
    const description = `A ${WORDS[kind]} for whylight: ${title}.`;
    const source = join(ROOT, 'examples', `${prefix}-${template}`);
    await copyExample({ source, example: template, folder, name, title, description });
    await dependOnThis(folder);
    const what = kind === 'method' ? `method of the strategy ${strategy}` : kind;
    console.log(`${prefix}-${name}: a package with a ${what} to start from

  cd ${prefix}-${name}
  npm install
  npm test            every promise of the contract
  npm run build

The ${kind} is in src/index.ts. In test, the contract stays as it is; the numbers below it are the example's.`);
  },
});

/** Lets the package depend on the whylight that made it, from its tarball. */
async function dependOnThis(folder: string): Promise<void> {
  const path = join(folder, 'package.json');
  const manifest = JSON.parse(await readFile(path, 'utf8'));
  manifest.devDependencies.whylight = await packedWhylight(folder);
  await writeFile(path, `${JSON.stringify(manifest, null, 2)}\n`);
}
