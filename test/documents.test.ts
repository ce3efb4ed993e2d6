/** Documents: links, paths and the width of prose. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import { metrics } from '../src/core/metrics/index.ts';

const ROOT_PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', 'THIRD_PARTY_NOTICES.md'];
const GUIDES = readdirSync('docs').filter((file) => file.endsWith('.md'));
const METHODS = readdirSync('docs/methods').map((file) => `methods/${file}`);
const PAGES = [...ROOT_PAGES, ...[...GUIDES, ...METHODS].map((file) => `docs/${file}`)];

/** Text outside of fenced code. */
const proseOf = (page: string): string => readFileSync(page, 'utf8').replaceAll(/^\s*```[\s\S]*?^\s*```$/gm, '');

/** Anchors of the headings of a page, as GitHub makes them. */
const anchorsOf = (page: string): string[] =>
  [...proseOf(page).matchAll(/^#+ +(.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );

/** Relative links of a page that lead nowhere. */
function brokenLinks(page: string): string[] {
  const links = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links
    .filter((link) => !/^https?:/.test(link))
    .filter((link) => {
      const [path = '', anchor] = link.split('#');
      const file = path === '' ? page : normalize(join(dirname(page), path));
      return !existsSync(file) || (anchor !== undefined && !anchorsOf(file).includes(anchor));
    });
}

/** Files of the repository that a page names in code spans, such as `src/edge/app.ts`, and that do not exist. */
function missingPaths(page: string): string[] {
  const spans = [...proseOf(page).matchAll(/`((?:src|test|scripts|bench|docs|models|examples)\/[\w./-]+)`/g)];
  return spans.map(([, path = '']) => path).filter((path) => !existsSync(path));
}

/** True for a page that a script writes as a whole. */
const isGenerated = (page: string): boolean => readFileSync(page, 'utf8').startsWith('<!-- Written by');

/** Lines of prose over 120 columns. Tables, images and headings cannot be wrapped. */
const wideLines = (page: string): string[] =>
  proseOf(page)
    .split('\n')
    .filter((line) => line.length > 120 && !/^(\s*\||!\[|#)/.test(line));

describe('documents', () => {
  it.each(PAGES)('have no broken links in %s', (page) => expect(brokenLinks(page)).toEqual([]));

  it.each(PAGES)('name only existing paths in %s', (page) => expect(missingPaths(page)).toEqual([]));

  it.each(PAGES.filter((page) => !isGenerated(page)))('have prose of at most 120 columns in %s', (page) => {
    expect(wideLines(page)).toEqual([]);
  });
});

describe('docs/glossary.md', () => {
  const rows = readFileSync('docs/glossary.md', 'utf8').split('\n').slice(6).filter(Boolean);
  const terms = rows.map((row) => (row.split('|')[1] ?? '').trim());
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => readFileSync(join('src', file), 'utf8'))
    .join('\n');

  it('lists its terms in alphabetical order', () => {
    expect(terms.length).toBeGreaterThan(50);
    expect(terms).toEqual([...terms].sort((a, b) => a.localeCompare(b, 'en', { sensitivity: 'base' })));
  });

  it('names identifiers that occur in the source', () => {
    const names = rows.flatMap((row) => [...row.matchAll(/`([A-Za-z_]+)`/g)].map(([, name = '']) => name));
    expect([...new Set(names)].filter((name) => !new RegExp(`\\b${name}\\b`).test(sources))).toEqual([]);
  });
});

it('the README counts the methods and metrics as they are', () => {
  const readme = readFileSync('README.md', 'utf8');
  expect(readme.match(/^(\d+) saliency methods/m)?.[1]).toBe(`${plugins.length}`);
  expect(readme).toContain(`| ${plugins.length}: gradient, CAM`);
  expect(readme).toContain(`by ${metrics.size} metrics`);
});
