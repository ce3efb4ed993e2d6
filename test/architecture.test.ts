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

describe('the arrows between folders', () => {
  it('finds the files', () => expect(imports.length).toBeGreaterThan(300));

  it.each([
    ['core', /^core\//],
    ['plugins', /^(core|plugins)\//],
    ['modalities', /^(core|modalities)\//],
    ['tasks', /^(core|tasks)\//],
    ['protocol', /^(core|protocol)\//],
    ['config', /^(core|config)\//],
    ['tools', /^(core|tools)\//],
    ['edge', /^(core|protocol|config|tools|edge)\//],
    ['node', /^(core|protocol|config|tools|edge|node)\//],
    ['report', /^(core|node|report)\//],
    ['testing', /^(core|protocol|config|tools|edge|node|testing)\//],
    ['package', /^(core|protocol|config|tools|edge|node|testing|package)\//],
    ['cli', /^(core|protocol|config|tools|edge|node|report|testing|cli)\//],
    ['playground', /^(core|protocol|playground)\//],
  ])('%s knows only of what lies below it', (folder, allowed) => {
    expect(of(folder).filter((it) => inside(it) && !allowed.test(it.to))).toEqual([]);
  });

  it('a plugin may be a form of another of its strategy', () => {
    const neighbours = of('plugins').filter(({ to }) => to.startsWith('plugins/'));
    expect(neighbours.filter(({ from, to }) => dirname(from) !== dirname(to))).toEqual([]);
  });

  it.each(['core', 'plugins'])('%s runs anywhere: no Node, no Workers, no web framework', (folder) => {
    const platform = /^(node:|cloudflare:|hono|wrangler|onnxruntime-(web|node)|#)/;
    expect(of(folder).filter(({ to }) => platform.test(to))).toEqual([]);
  });

  it('plugins see no engine and no container', () => {
    expect(of('plugins').filter(({ to }) => /inversify|^core\/(engine|container|plan|explainer)/.test(to))).toEqual([]);
  });

  it('only the container knows inversify, and only composition roots know the container', () => {
    const users = imports.filter(({ to }) => to === 'inversify').map(({ from }) => from);
    expect([...new Set(users)].filter((file) => !/^core\/(container|tokens)\.ts$/.test(file))).toEqual([]);
    const roots = imports.filter(({ to }) => to === 'core/container.ts').map(({ from }) => from);
    expect([...new Set(roots)].sort()).toEqual([
      'cli/compose.ts',
      'edge/workerd/worker-services.ts',
      'node/origin-services.ts',
      'playground/browser/worker.ts',
    ]);
  });
});
