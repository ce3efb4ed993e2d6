/**
 * Writes docs/methods from the methods themselves and the words beside them: README.md, a chooser, and a page for each
 * method that plugins.config.json names. `--check` writes nothing and fails when a page is outdated, missing or left over.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { plugins } from '#plugins';
import { MethodRegistry } from '../src/core/method/registry.ts';
import { chooser } from './methods/chooser.ts';
import { costsFor, exampleModel } from './methods/costs.ts';
import { page } from './methods/page.ts';
import { readWords } from './methods/words.ts';

const FOLDER = 'docs/methods';

/** The text of every file, by name. */
async function pages(): Promise<Map<string, string>> {
  const methods = plugins.map(({ method }) => method);
  const costs = costsFor(await exampleModel(), new MethodRegistry(methods.map((method) => ({ method }))));
  const words = readWords();
  const ids = methods.map(({ id }) => id);
  return new Map([
    ['README.md', chooser(methods, costs)],
    ...methods.map((method): [string, string] => [`${method.id}.md`, page(method, costs, words.get(method.id), ids)]),
  ]);
}

const wanted = await pages();
mkdirSync(FOLDER, { recursive: true });
const present = readdirSync(FOLDER).filter((name) => name.endsWith('.md'));
const leftOver = present.filter((name) => !wanted.has(name));
const outdated = [...wanted].filter(
  ([name, text]) => !present.includes(name) || readFileSync(join(FOLDER, name), 'utf8') !== text,
);
if (process.argv.includes('--check')) {
  const wrong = [...leftOver, ...outdated.map(([name]) => name)];
  if (wrong.length > 0) {
    console.error(`${FOLDER} is outdated (${wrong.join(', ')}): run "npx node scripts/generate-methods.ts".`);
    process.exitCode = 1;
  }
} else {
  for (const name of leftOver) rmSync(join(FOLDER, name));
  for (const [name, text] of outdated) writeFileSync(join(FOLDER, name), text);
}
