/** `whylight plugins list | check <what> | add <what>`: which methods are configured, and whether they hold the contract. */

import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { counted } from '../../core/counted.ts';
import { WhylightError } from '../../core/errors.ts';
import { parseJson } from '../../core/json.ts';
import type { Method } from '../../core/method/contract.ts';
import { checkMethod } from '../../core/method/define.ts';
import { checkContract, imageGraph, imageTensor, openGraph } from '../../testing/node.ts';
import { UsageError } from '../arguments.ts';
import { AVAILABLE, CONFIGURED, compose, PLAIN, ROOT } from '../compose.ts';
import { defineCommand } from '../define-command.ts';

const CONFIG = 'plugins.config.json';

const args = {
  action: { type: 'positional', required: true, description: 'list, check or add' },
  what: {
    type: 'positional',
    required: false,
    description: 'A package, a file (./my-method.ts) or the id of a method',
  },
} as const;

export default defineCommand({
  name: 'plugins',
  description: 'Lists, checks and adds saliency methods.',
  examples: ['whylight plugins list', 'whylight plugins check ./my-method.ts'],
  args,
  needsArguments: true,
  async run({ action, what }) {
    if (action === 'list') await list();
    else if (action === 'check') await check(what);
    else if (action === 'add') await add(what);
    else throw new UsageError(`"plugins ${action}" is nothing to do: use list, check or add.`);
  },
});

/** Rows of each method with its parameters as configured, for one small image. */
async function list(): Promise<void> {
  const explainer = await compose(undefined);
  const model = await openGraph(imageGraph());
  for (const { method } of CONFIGURED) {
    const state = AVAILABLE.notBuilt.has(method.id) ? ' (loaded now, not built)' : '';
    console.log(`${method.id.padEnd(30)} ${method.strategy.padEnd(13)} ${costOf(method)}${state}`);
  }
  if (AVAILABLE.notBuilt.size > 0 && resolve('.') === resolve(ROOT))
    console.log('\nA Worker has methods that are not built after "npm run setup", or the next "npm start".');

  function costOf({ id }: Method): string {
    try {
      const { cost } = explainer.plan(model, { method: id, inputs: { image: imageTensor() } });
      return `${cost.forwards} forwards, ${cost.backwards} backwards`;
    } catch (error) {
      if (WhylightError.is(error, 'unprocessable_method')) return 'needs another kind of model';
      throw error;
    }
  }
}

async function check(what: string | undefined): Promise<void> {
  const others = PLAIN.map(({ method }) => method);
  const methods = what === undefined ? others : [others.find(({ id }) => id === what) ?? (await load(what))];
  let broken = 0;
  for (const method of methods) {
    const verdicts = await checkContract(method, { others });
    const wrong = verdicts.filter(({ outcome }) => outcome === 'broken');
    const kept = verdicts.filter(({ outcome }) => outcome === 'kept').length;
    broken += wrong.length;
    console.log(`${method.id}: ${counted(kept, 'promise')} kept, ${wrong.length} broken`);
    for (const { promise, subject, problem } of wrong) {
      console.log(`  ${promise}${subject ? ` (${subject} model)` : ''}: ${problem}`);
    }
  }
  if (broken > 0) process.exitCode = 1;
}

async function add(what: string | undefined): Promise<void> {
  if (what === undefined)
    throw new UsageError('Name a package or a file: whylight plugins add saliency-method-example');
  const { id } = await load(what);
  const text = await readFile(CONFIG, 'utf8').catch(() => {
    throw new WhylightError(
      'invalid_config',
      `There is no ${CONFIG} here: run this in the folder of a whylight deployment.`,
    );
  });
  const config = parseJson(text, CONFIG) as { plugins?: { use: string }[] };
  const plugins = config.plugins ?? [];
  if (plugins.some(({ use }) => use === what)) throw new UsageError(`${CONFIG} has "${what}" already.`);
  if (CONFIGURED.some(({ method }) => method.id === id)) {
    throw new WhylightError(
      'invalid_config',
      `A plugin with the id "${id}" is configured already: an id names one method.`,
    );
  }
  const last = plugins.at(-1);
  const entry = `{ "use": ${JSON.stringify(what)} }`;
  const anchor = last && new RegExp(`("use":\\s*${escaped(JSON.stringify(last.use))}[^\\n]*?\\})(\\s*\\])`);
  // The file keeps its formatting where the last entry is on a line of its own.
  const changed = anchor?.test(text)
    ? text.replace(anchor, (_, before, after) => `${before},\n    ${entry}${after}`)
    : undefined;
  await writeFile(
    CONFIG,
    changed ?? `${JSON.stringify({ ...config, plugins: [...plugins, { use: what }] }, null, 2)}\n`,
  );
  console.log(`${id} is in ${CONFIG} now: commands in this folder load it, npm start builds it in.`);
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

/** The method of a package or file, as seen from the folder where the command runs. */
async function load(what: string): Promise<Method> {
  const path = /^[./]/.test(what) ? resolve(what) : createRequire(resolve(CONFIG)).resolve(what);
  const { default: method }: { default?: unknown } = await import(pathToFileURL(path).href);
  checkMethod(method);
  return method;
}
