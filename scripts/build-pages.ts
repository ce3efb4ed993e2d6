/**
 * src/report/page and src/edge/openapi/page -> generated/report-pages.js and generated/api-page.js: components as
 * functions that return HTML, with styles and programs inside, imported as `#report-pages` and `#api-page`. Node and
 * the Worker run them without a bundler. `--check` writes nothing and fails when a file is outdated.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type InlineConfig, type Plugin, type Rolldown } from 'vite';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = join(ROOT, 'generated');

const COMMON: InlineConfig = {
  configFile: false,
  root: ROOT,
  logLevel: 'warn',
  // Not from NODE_ENV, which makes the files larger under a test runner.
  mode: 'production',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
};

/** One entry as code: for browsers a classic script, for servers a module that contains all it imports. */
async function bundle(entry: string, target: 'browser' | 'server', plugins: Plugin[] = []): Promise<string> {
  const server = target === 'server';
  const built = (await build({
    ...COMMON,
    plugins,
    ...(server && { ssr: { noExternal: true, target: 'webworker' } }),
    build: {
      write: false,
      minify: true,
      ssr: server,
      target: server ? 'es2023' : 'es2024',
      modulePreload: { polyfill: false },
      rollupOptions: { input: join(ROOT, entry), output: { format: server ? 'es' : 'iife' } },
    },
  })) as Rolldown.RolldownOutput;
  const [chunk, ...others] = built.output.filter(({ type }) => type === 'chunk');
  if (chunk?.type !== 'chunk' || others.length > 0) throw new Error(`${entry} must become one file.`);
  return chunk.code;
}

/** The program of the report as a module of its text. */
async function reportProgram(): Promise<Plugin> {
  const name = 'virtual:report-program';
  const code = (await bundle('src/report/page/main.tsx', 'browser')).trim();
  // It stands in a script element, which the first of these ends.
  if (/<\/script|<!--/i.test(code)) throw new Error('The program of the report contains the end of a script element.');
  return {
    name: 'report-program',
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    load: (id) => (id === `\0${name}` ? `export default ${JSON.stringify(code)};` : undefined),
  };
}

/** Content of every file, by name. */
async function pages(): Promise<ReadonlyMap<string, string>> {
  const note = '// Written by scripts/build-pages.ts. Do not edit.\n';
  const declaration = (names: readonly string[], contract: string, from: string) =>
    `${note}import type { ${contract} } from '${from}';\n\n${names
      .map((name) => `export declare const ${name}: ${contract}['${name}'];\n`)
      .join('')}`;
  return new Map([
    ['report-pages.js', note + (await bundle('src/report/page/render.tsx', 'server', [await reportProgram()]))],
    [
      'report-pages.d.ts',
      declaration(['renderReport', 'renderEvaluation'], 'ReportPages', '../src/report/page-data.ts'),
    ],
    ['api-page.js', note + (await bundle('src/edge/openapi/page/render.tsx', 'server'))],
    ['api-page.d.ts', declaration(['renderApi', 'STYLE'], 'ApiPage', '../src/edge/openapi/page-data.ts')],
  ]);
}

const check = process.argv.includes('--check');
await mkdir(FOLDER, { recursive: true });
for (const [name, text] of await pages()) {
  const path = join(FOLDER, name);
  if (!check) await writeFile(path, text);
  else if ((await readFile(path, 'utf8').catch(() => undefined)) !== text) {
    console.error(`generated/${name} is outdated: run npm run setup.`);
    process.exitCode = 1;
  }
}
