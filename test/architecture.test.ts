/** The house: which folder may know of which, and what only composition roots touch. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

interface Import {
  readonly from: string;
  /** A path inside `src`, or the name of a package. */
  readonly to: string;
}

const imports: Import[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(ts|tsx|mjs)$/.test(file) && !file.endsWith('.d.ts'))
  .flatMap((file) => {
    const text = readFileSync(join(SRC, file), 'utf8');
    const found = text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g);
    return [...found].map(([, target = '']) => ({
      from: file,
      to: target.startsWith('.') ? relative(SRC, join(SRC, dirname(file), target)) : target,
    }));
  });

const of = (folder: string) => imports.filter(({ from }) => from.startsWith(`${folder}/`));
const folders = readdirSync(SRC, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const inside = ({ to }: Import) => folders.some(({ name }) => to.startsWith(`${name}/`));

/** Sub-folder of a file inside a top-level folder; a file directly in the top-level folder stands for itself. */
const partOf = (file: string): string => file.split('/').slice(0, 2).join('/');

/** Strongly connected components of more than one node (Tarjan, 1972). */
function circles(edges: readonly Import[]): string[][] {
  const next = new Map<string, Import[]>();
  for (const edge of edges) next.set(edge.from, [...(next.get(edge.from) ?? []), edge]);
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (node: string): void => {
    index.set(node, index.size);
    low.set(node, index.get(node) as number);
    stack.push(node);
    for (const { to } of next.get(node) ?? []) {
      if (!index.has(to)) visit(to);
      if (stack.includes(to)) low.set(node, Math.min(low.get(node) as number, low.get(to) as number));
    }
    if (low.get(node) !== index.get(node)) return;
    const component = stack.splice(stack.indexOf(node));
    if (component.length > 1) found.push(component.sort());
  };
  for (const node of next.keys()) if (!index.has(node)) visit(node);
  return found;
}

/** Top-level folders whose files or sub-folders still import each other in a circle. */
const UNORDERED_FILES: readonly string[] = ['core', 'modalities'];
const UNORDERED_FOLDERS: readonly string[] = [];

describe('order of files and folders', () => {
  const names = folders.map(({ name }) => name);

  it('finds the cycle of a graph that has one', () => {
    const edges = [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'c' },
      { from: 'c', to: 'b' },
    ];
    expect(circles(edges)).toEqual([['b', 'c']]);
  });

  it.each(names.filter((name) => !UNORDERED_FILES.includes(name)))('no files of %s import each other', (folder) => {
    expect(circles(of(folder).filter(({ to }) => to.startsWith(`${folder}/`)))).toEqual([]);
  });

  it.each(names.filter((name) => !UNORDERED_FOLDERS.includes(name)))(
    'imports between the sub-folders of %s point one way',
    (folder) => {
      const between = of(folder)
        .filter(({ to }) => to.startsWith(`${folder}/`))
        .map(({ from, to }) => ({ from: partOf(from), to: partOf(to) }))
        .filter(({ from, to }) => from !== to);
      expect(circles(between)).toEqual([]);
    },
  );
});

describe('dependencies between folders', () => {
  it('are found in the files', () => expect(imports.length).toBeGreaterThan(300));

  it.each([
    ['core', /^core\//],
    ['plugins', /^(core|plugins)\//],
    ['modalities', /^(core|modalities)\//],
    ['tasks', /^(core|tasks)\//],
    ['protocol', /^(core|protocol)\//],
    ['config', /^(core|config)\//],
    ['tools', /^(core|tools)\//],
    ['composition', /^(core|composition)\//],
    ['library', /^(core|modalities|protocol|library)\//],
    ['edge', /^(core|protocol|config|tools|composition|edge)\//],
    ['node', /^(core|protocol|config|tools|composition|library|edge|node)\//],
    ['report', /^(core|library|node|report)\//],
    ['testing', /^(core|protocol|config|tools|composition|edge|node|testing)\//],
    ['package', /^(core|tasks|protocol|config|tools|composition|library|edge|node|testing|package)\//],
    ['cli', /^(core|modalities|tasks|protocol|config|tools|composition|library|edge|node|report|testing|cli)\//],
    ['playground', /^(core|modalities|tasks|protocol|composition|library|playground)\//],
  ])('%s imports only from folders below it', (folder, allowed) => {
    expect(of(folder).filter((it) => inside(it) && !allowed.test(it.to))).toEqual([]);
  });

  it('allow a plugin to be a form of another of its strategy', () => {
    const neighbours = of('plugins').filter(({ to }) => to.startsWith('plugins/'));
    expect(neighbours.filter(({ from, to }) => dirname(from) !== dirname(to))).toEqual([]);
  });

  it.each(['core', 'plugins'])('%s runs anywhere: no Node, no Workers, no web framework', (folder) => {
    const platform = /^(node:|cloudflare:|hono|wrangler|onnxruntime-(web|node)|#)/;
    expect(of(folder).filter(({ to }) => platform.test(to))).toEqual([]);
  });

  it('keep engine and container out of plugins', () => {
    expect(
      of('plugins').filter(({ to }) => /inversify|^composition\/|^core\/(engine|plan|explainer)/.test(to)),
    ).toEqual([]);
  });

  it('only src/composition imports inversify, and only composition roots and their modules import src/composition', () => {
    const importers = (target: RegExp) => [
      ...new Set(imports.filter(({ to }) => target.test(to)).map(({ from }) => from)),
    ];
    expect(importers(/^inversify$/).filter((file) => !file.startsWith('composition/'))).toEqual([]);
    const users = importers(/^composition\//).filter((file) => !/^(edge\/)?composition\//.test(file));
    expect(users.sort()).toEqual([
      'cli/compose.ts',
      'edge/workerd/worker-module.ts',
      'node/inspect-thread.ts',
      'node/node-module.ts',
      'node/origin-services.ts',
      'package/edge-node.ts',
      'package/explain.ts',
      'package/open.ts',
      'package/prepared.ts',
      'playground/browser/machine.ts',
    ]);
  });
});
