/** `whylight plugins list | check | add | remove | update`: the configured methods, and their contract. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { counted } from '../../core/counted.ts';
import { WhylightError } from '../../core/errors.ts';
import type { Method } from '../../core/method/contract.ts';
import { checkMethod } from '../../core/method/define.ts';
import { CONFIG, loadModule } from '../../node/load-component.ts';
import { buildOf } from '../../node/plugin-build.ts';
import { checkContract, imageGraph, imageTensor, openGraph } from '../../testing/node.ts';
import { UsageError } from '../arguments.ts';
import { AVAILABLE, CONFIGURED, compose, PLAIN, ROOT } from '../compose.ts';
import { defineCommand } from '../define-command.ts';
import { addMethod, removeMethod } from '../edit-config.ts';
import { positional } from '../flags.ts';
import { componentPath } from '../third-party.ts';

/** Command whose build has the configured methods. */
const NEXT_BUILD = AVAILABLE.deployment ? '"whylight build"' : '"npm start"';

const args = {
  action: positional('list, check, add, remove or update', { required: true }),
  what: positional('A package, a file (./my-method.ts) or the id of a method', { required: false }),
} as const;

export default defineCommand({
  name: 'plugins',
  description: 'Lists, checks, adds, removes and updates saliency methods.',
  examples: ['whylight plugins list', 'whylight plugins check ./my-method.ts'],
  args,
  needsArguments: true,
  async run({ action, what, _: words }) {
    if (action === 'list') await list();
    else if (action === 'check') await check(words.slice(1));
    else if (action === 'add') await add(what);
    else if (action === 'remove') await remove(what);
    else if (action === 'update') await update(what);
    else throw new UsageError(`"plugins ${action}" is nothing to do: use list, check, add, remove or update.`);
  },
});

/** Rows of each method with its parameters as configured, for one small image. */
async function list(): Promise<void> {
  const explainer = await compose(undefined);
  const model = await openGraph(imageGraph());
  console.log(
    'Rows for an image [3, 8, 8] and a layer of [5, 8, 8]; the model and the parameters of a request decide:\n',
  );
  for (const { method } of CONFIGURED) {
    const state = AVAILABLE.notBuilt.has(method.id) ? ' (configured, not built)' : '';
    console.log(`${method.id.padEnd(30)} ${method.strategy.padEnd(13)} ${await costOf(method)}${state}`);
  }
  if (AVAILABLE.notBuilt.size === 0) return;
  if (AVAILABLE.deployment)
    console.log('\nThe Worker has methods that are not built after "whylight build" or "whylight start".');
  else if (resolve('.') === resolve(ROOT))
    console.log('\nA Worker has methods that are not built after "npm run setup", or the next "npm start".');

  async function costOf({ id }: Method): Promise<string> {
    try {
      const { cost } = await explainer.planned(model, { method: id, inputs: { image: imageTensor() } });
      return `${cost.forwards} forwards, ${cost.backwards} backwards`;
    } catch (error) {
      if (WhylightError.is(error, 'unprocessable_method')) return 'needs another kind of model';
      if (WhylightError.is(error, 'method_failed')) return 'its needs or cost throws an error';
      throw error;
    }
  }
}

/** @param named files, packages and ids; every configured method when empty */
async function check(named: readonly string[]): Promise<void> {
  const others = PLAIN.map(({ method }) => method);
  const found = named.map(async (what) => others.find(({ id }) => id === what) ?? load(pathOf(what)));
  const methods = named.length === 0 ? others : await Promise.all(found);
  let broken = 0;
  for (const method of methods) {
    const verdicts = await checkContract(method, { others });
    const wrong = verdicts.filter(({ outcome }) => outcome === 'broken');
    const kept = verdicts.filter(({ outcome }) => outcome === 'kept').length;
    broken += wrong.length;
    const skipped = verdicts.length - kept - wrong.length;
    const rest = skipped > 0 ? `, ${skipped} that do not apply` : '';
    console.log(`${method.id}: ${counted(kept, 'promise')} kept, ${wrong.length} broken${rest}`);
    for (const reason of new Set(verdicts.flatMap(({ reason }) => reason ?? []))) {
      const alike = verdicts.filter((verdict) => verdict.reason === reason);
      console.log(`  ${alike.length} not tried: ${reason}`);
    }
    for (const { promise, subject, problem } of wrong) {
      console.log(`  ${promise}${subject ? ` (${subject} model)` : ''}: ${problem}`);
    }
  }
  if (broken > 0) process.exitCode = 1;
}

async function add(what: string | undefined): Promise<void> {
  const use = pathOf(named(what, 'add'));
  const { id } = await load(use);
  if (CONFIGURED.some(({ method }) => method.id === id)) {
    throw new WhylightError(
      'invalid_config',
      `A plugin with the id "${id}" is configured already: an id names one method. "as" in ${CONFIG} gives it another.`,
    );
  }
  await addMethod(use);
  console.log(`${id} is in ${CONFIG} now: commands in this folder load it, ${NEXT_BUILD} builds it in.`);
}

async function remove(what: string | undefined): Promise<void> {
  const usesOf = (id: string): string[] =>
    (AVAILABLE.deployment?.methods ?? []).flatMap(({ use, entry }) => (entry.method.id === id ? use : []));
  const use = await removeMethod(named(what, 'remove'), usesOf);
  const uninstall = /^(?:\.|whylight\/)/.test(use) ? '' : ` "npm uninstall ${use}" removes its package.`;
  console.log(`${use} is out of ${CONFIG}; ${NEXT_BUILD} leaves it out.${uninstall}`);
}

/** Installs the newest version of a package that its range admits, and checks the method. */
async function update(what: string | undefined): Promise<void> {
  const use = named(what, 'update');
  if (use.startsWith('.')) throw new UsageError(`"${use}" is a file: every build reads it anew.`);
  const before = await buildOf(process.cwd(), use);
  if (before === undefined) throw new UsageError(`The package "${use}" is not installed: run "npm install ${use}".`);
  const npm = spawnSync('npm', ['update', '--no-audit', '--no-fund', use], {
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) throw new WhylightError('invalid_config', `"npm update ${use}" failed; its message is above.`);
  const { id } = await load(use);
  const after = await buildOf(process.cwd(), use);
  console.log(
    after === before ? `${id} is up to date: ${before}` : `${id}: ${before} -> ${after}. ${NEXT_BUILD} builds it in.`,
  );
}

/** An installed package goes before a folder of its name. */
const pathOf = (what: string): string => (/^[./]/.test(what) ? componentPath(process.cwd(), what) : what);

const named = (what: string | undefined, action: string): string => {
  if (what !== undefined) return what;
  throw new UsageError(`Name a package or a file: whylight plugins ${action} saliency-method-example`);
};

/** The method of a package or file, as seen from the folder where the command runs. */
async function load(what: string): Promise<Method> {
  const { default: method } = await loadModule(process.cwd(), what, `"plugins" of ${what}`);
  checkMethod(method);
  return method;
}
