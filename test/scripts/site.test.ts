/** The documents as a site: its files as they are built, and its search in a browser. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';
import { CHAPTERS } from '../../scripts/site/chapters.ts';
import { withAnchors, withSiteLinks } from '../../scripts/site/links.ts';
import { mathOf } from '../../scripts/site/math.ts';
import { describeInBrowser } from '../support/optional-tests.ts';
import { usePlayground } from '../support/playground.ts';

const SITE = 'generated/assets/docs';
const PAGES = readdirSync(SITE, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.html'));
const html = (path: string): string => readFileSync(join(SITE, path), 'utf8');

it('has a page for every document', () => {
  const documents = readdirSync('docs', { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.md'));
  expect(PAGES.length).toBe(documents.length);
});

it('lists every document but the single methods in its navigation', () => {
  const listed = CHAPTERS.flatMap(({ pages }) => pages).sort();
  const documents = readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md') && (!path.startsWith('methods/') || path === 'methods/README.md'))
    .map((path) => path.replace(/\.md$/, ''));
  expect(listed).toEqual(documents.sort());
});

it('has only links to pages and anchors that exist, and loads nothing from other hosts', () => {
  const broken = PAGES.flatMap((page) =>
    [...html(page).matchAll(/(?:href|src)="([^"]+)"/g)]
      .map(([, link = '']) => link)
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => {
        const [path = '', anchor] = link.split('#');
        const file = path === '' ? page : normalize(join(dirname(page), path));
        if (file === 'api') return false;
        if (!existsSync(join(SITE, file))) return true;
        return anchor !== undefined && anchor !== '' && !html(file).includes(`id="${anchor}"`);
      })
      .map((link) => `${page}: ${link}`),
  );
  expect(broken).toEqual([]);
  const loaded = PAGES.flatMap((page) => [
    ...html(page).matchAll(/<(?:script|link|img)[^>]*(?:src|href)="(https?:[^"]+)"/g),
  ]);
  expect(loaded).toEqual([]);
});

it('turns links to files that are no pages into text', () => {
  const link = (href: string) => `<a href="${href}">text</a>`;
  expect(withSiteLinks(link('../models.md#output'), 'tutorials/first-map')).toBe(
    '<a href="../models.html#output">text</a>',
  );
  expect(withSiteLinks(link('methods/README.md'), 'index')).toBe('<a href="methods/index.html">text</a>');
  expect(withSiteLinks(link('../CONTRIBUTING.md'), 'models')).toBe('text');
  expect(withSiteLinks(link('https://captum.ai'), 'models')).toBe(link('https://captum.ai'));
});

it('draws formulas as MathML without styles of elements, and leaves prices alone', () => {
  expect(mathOf('w_k', false)).toBe('<math><msub><mi>w</mi><mi>k</mi></msub></math>');
  expect(html('methods/grad_cam.html')).toMatch(/<math display="block".*<mfrac>/);
  expect(PAGES.filter((page) => html(page).includes('language-math'))).toEqual([]);
  expect(PAGES.filter((page) => /<m\w+[^>]* style=/.test(html(page)))).toEqual([]);
  expect(html('cloudflare.html')).not.toContain('<math');
  expect(() => mathOf('\\fraction{1}', false)).toThrow(/fraction/);
});

it('gives repeated headings different anchors', () => {
  expect(withAnchors('<h2>In <code>Node</code></h2><h2>In Node</h2>')).toBe(
    '<h2 id="in-node">In <code>Node</code></h2><h2 id="in-node-1">In Node</h2>',
  );
});

describeInBrowser('the documents in a browser', () => {
  const running = usePlayground();

  it('are found by their words, without requests to other hosts', async () => {
    const page = await running.browser.newPage();
    const [requests, faults]: [string[], string[]] = [[], []];
    page.on('request', (request) => requests.push(request.url()));
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    await page.goto(`${running.server.address}/docs`);
    expect(page.url()).toBe(`${running.server.address}/docs/`);
    await page.getByRole('searchbox', { name: 'Search' }).fill('smallest box around the point');
    await page.locator('#found a', { hasText: 'Targets' }).first().click();
    await expect.poll(() => page.locator('main h1').innerText()).toBe('Targets');
    await page.getByRole('link', { name: 'HTTP operations' }).click();
    await expect.poll(() => page.content()).toContain('/v2/models/{model}/explain');
    expect(requests.filter((url) => !url.startsWith(running.server.address))).toEqual([]);
    expect(faults).toEqual([]);
  });
});
