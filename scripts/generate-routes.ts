/**
 * src/edge/routes/*.ts and src/edge/admin/routes/*.ts -> `index.ts` and `lazy.ts` in each: every exported route, in the
 * list that its description puts it in, loaded at once or by the first request for it. `--check` writes nothing and fails
 * when a list is outdated.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TAGS } from '../src/edge/openapi/document.ts';
import type { Route, RouteDescription } from '../src/edge/openapi/route.ts';
import { type FoundRoute, lazyText } from './routes/lazy-text.ts';

const ROOT = new URL('..', import.meta.url);
const LINE = 120;
const NOTE = 'Written by scripts/generate-routes.ts from the files of this folder. Do not edit.';

interface List {
  readonly name: string;
  readonly about: string;
  readonly has: (description: RouteDescription) => boolean;
}

const FOLDERS: Readonly<Record<string, readonly List[]>> = {
  'src/edge/routes': [
    {
      name: 'openRoutes',
      about: 'Routes that anybody may call.',
      has: ({ access, tag }) => access === 'open' && tag !== 'origin',
    },
    {
      name: 'originRoutes',
      about: 'Routes that edges call at their origin; every request is signed.',
      has: ({ tag }) => tag === 'origin',
    },
    { name: 'keyRoutes', about: 'Routes that need a credential.', has: ({ access }) => access !== 'open' },
  ],
  'src/edge/admin/routes': [
    { name: 'adminRoutes', about: 'Tenants and their keys, changed without a deploy.', has: () => true },
  ],
};

/** Routes of a folder: files by the order of their tags, then by name; within a file as they stand there. */
async function routesIn(folder: string): Promise<FoundRoute[]> {
  const found: FoundRoute[] = [];
  for (const file of readdirSync(new URL(folder, ROOT)).sort()) {
    if (!file.endsWith('.ts') || ['index.ts', 'lazy.ts'].includes(file)) continue;
    const url = new URL(`${folder}/${file}`, ROOT);
    const handlers = new URL(`${folder}/handlers/${file}`, ROOT);
    const handlerOf = (name: string) => `handle${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    const exported = (await import(url.href)) as Record<string, Partial<Route>>;
    for (const [, name = ''] of readFileSync(url, 'utf8').matchAll(/^export const (\w+)/gm)) {
      const { description, handler } = exported[name] ?? {};
      if (!description || !handler) continue;
      found.push({ name, file, description, ...(existsSync(handlers) && { handler: handlerOf(name) }) });
    }
  }
  const tags = Object.keys(TAGS);
  return found.sort((a, b) => tags.indexOf(a.description.tag) - tags.indexOf(b.description.tag));
}

function index(lists: readonly List[], routes: readonly FoundRoute[]): string {
  const files = [...new Set(routes.map(({ file }) => file))].sort();
  const namesIn = (file: string): string[] => routes.filter((one) => one.file === file).map(({ name }) => name);
  return [
    `/** Lists of routes. ${NOTE} */`,
    ...files.map((file) => group('import {', namesIn(file).sort(), `} from './${file}';`, ' ')),
    ...lists.map(({ name, about, has }) => {
      const names = routes.filter(({ description }) => has(description)).map((one) => one.name);
      return `\n/** ${about} */\n${group(`export const ${name} = [`, names, '] as const;', '')}`;
    }),
    '',
  ].join('\n');
}

/** Names on one line where they fit, else one on each. */
function group(before: string, names: readonly string[], after: string, space: string): string {
  const line = `${before}${space}${names.join(', ')}${space}${after}`;
  return line.length <= LINE ? line : `${before}\n${names.map((name) => `  ${name},\n`).join('')}${after}`;
}

const check = process.argv.includes('--check');
for (const [folder, lists] of Object.entries(FOLDERS)) {
  const routes = await routesIn(folder);
  const listed = lists.map(({ has, ...list }) => ({
    ...list,
    routes: routes.filter(({ description }) => has(description)),
  }));
  write(`${folder}/index.ts`, index(lists, routes));
  write(`${folder}/lazy.ts`, lazyText(listed, folder, NOTE));
}

function write(path: string, text: string): void {
  const file = fileURLToPath(new URL(path, ROOT));
  if (!check) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) {
    console.error(`${path} is outdated: run npm run setup.`);
    process.exitCode = 1;
  }
}
