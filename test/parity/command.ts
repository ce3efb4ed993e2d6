/** `whylight parity <folder>`: our attributions beside those of other libraries. */
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { defineCommand } from 'citty';
import { refuseUnknown } from '../../src/cli/arguments.ts';
import { compose, ENGINES, type EngineName, PLAIN } from '../../src/cli/compose.ts';
import { WhylightError } from '../../src/core/errors.ts';
import { MethodRegistry } from '../../src/core/method/registry.ts';
import { readCases } from './analytic.ts';
import type { Comparison } from './comparison.ts';
import { readReferences } from './reference.ts';
import { summary, table } from './report.ts';
import { compare, type Result, reasonToSkip } from './run.ts';
import { readTables } from './tabular.ts';

const args = {
  folder: {
    type: 'positional',
    required: true,
    description: 'Reference files (<name>.json, .onnx, .bin), or a cases.json; sub-folders too',
  },
  engine: { type: 'enum', options: ENGINES, description: 'Only this engine; both when left out' },
  only: {
    type: 'string',
    valueHint: 'name',
    description: 'Models or entries of this name; * and ? stand for anything, commas separate',
  },
} as const;

export default defineCommand({
  meta: {
    name: 'parity',
    description: 'Compares attributions with those of other libraries, and fails when they differ.',
  },
  args,
  async run({ args: { folder, engine, only }, data }) {
    refuseUnknown(data, args);
    const comparisons = (await readFolder(resolve(folder))).filter(matching(only));
    if (comparisons.length === 0) {
      throw new WhylightError(
        'not_found',
        `There is nothing to compare in ${folder}${only ? ` that matches "${only}"` : ''}.`,
      );
    }
    const { header, line } = table(comparisons);
    console.log(header);
    const results: Result[] = [];
    const report = (result: Result) => {
      results.push(result);
      console.log(line(result));
    };
    const engines: readonly EngineName[] = engine ? [engine as EngineName] : ENGINES;
    const explainers = await Promise.all(engines.map((name) => compose(name, PLAIN)));
    const methods = new MethodRegistry(PLAIN);
    for (const comparison of comparisons) {
      const reason = reasonToSkip(comparison, methods);
      if (reason !== undefined) {
        const { model, entry } = comparison;
        report({ model, entry, engine: '-', verdict: 'skip', errors: [], note: reason });
        continue;
      }
      for (const explainer of explainers) report(await compare(comparison, explainer));
    }
    console.log(`\n${summary(results)}`);
    if (results.some(({ verdict }) => verdict === 'FAIL')) process.exitCode = 1;
  },
});

/** References and cases of the folder and of its direct sub-folders. */
async function readFolder(folder: string): Promise<Comparison[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new WhylightError(
      'not_found',
      `Cannot read the folder ${folder}: ${error.code === 'ENOTDIR' ? 'it is a file' : 'it is not there'}.`,
    );
  });
  const folders = [
    folder,
    ...entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(folder, name))
      .sort(),
  ];
  const all: Comparison[] = [];
  for (const each of folders) {
    all.push(...(await readReferences(each)), ...(await readTables(each)));
    if ((await readdir(each)).includes('cases.json')) all.push(...(await readCases(each, basename(each))));
  }
  return all;
}

/** `lenet`, `grad*`, `lenet/gradient`. */
function matching(only: string | undefined): (comparison: Comparison) => boolean {
  if (!only) return () => true;
  const patterns = only.split(',').map((glob) => {
    const escaped = glob.trim().replace(/[.+^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`^${escaped.replace(/\*/g, '.*').replace(/\?/g, '.')}$`);
  });
  return ({ model, entry }) => [model, entry, `${model}/${entry}`].some((name) => patterns.some((p) => p.test(name)));
}
