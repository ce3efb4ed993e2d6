/** The report as its readers meet it: made by the command line, opened in a browser from the file system. */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { whylight } from '../support/command-line.ts';
import { makeMarkedImages } from '../support/marked-images.ts';
import { describeInBrowser } from '../support/optional-tests.ts';

const folder = mkdtempSync(join(tmpdir(), 'whylight-report-'));
const out = join(folder, 'report.html');
const args = [
  join(folder, 'images'),
  ...['--model', join(folder, 'model'), '--methods', 'input_x_gradient,saliency'],
  ...['--metrics', 'deletion,sparseness'],
];
const report = (...more: string[]) => whylight('report', ...args, '-o', out, ...more);
let stamped: string[];

beforeAll(async () => {
  stamped = await makeMarkedImages(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('whylight report', () => {
  test('writes one self-contained file', () => {
    const { code, stdout, stderr } = report();
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^24 images, \d+ rows each/) });
    expect(stdout).toMatch(/24 images, accuracy [\d.]+ %\nwritten to/);
    const html = readFileSync(out, 'utf8');
    expect(html).not.toMatch(/(src|href)="?https?:/);
    // Tables, figures and findings are there without the page's program.
    expect(html).toMatch(/images of predicted class <strong>dull<\/strong> share the lower left corner/);
    for (const part of [
      'deletion',
      'sha256',
      '--methods',
      'input_x_gradient, revision',
      'Deletion AUC',
      'Diagnostics',
    ]) {
      expect(html).toContain(part);
    }
  });

  test('continues after an interruption, and writes the same page', () => {
    const journal = `${out}.journal.jsonl`;
    const [whole, page] = [readFileSync(journal, 'utf8'), readFileSync(out, 'utf8')];
    // As a power cut leaves it: some lines, and half of the next.
    writeFileSync(journal, whole.slice(0, Math.floor(whole.length * 0.6)));
    const { code, stdout } = report();
    expect(code).toBe(0);
    expect(Number(/(\d+) of them from an earlier run/.exec(stdout)?.[1])).toBeGreaterThan(5);
    expect(readFileSync(journal, 'utf8')).toBe(whole);
    expect(readFileSync(out, 'utf8')).toBe(page);
  });

  test('refuses a journal of other settings unless --restart is given', () => {
    const { code, stderr } = report('--seed', '7');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/seed differ.*--restart/) });
    const other = join(folder, 'other.html');
    copyFileSync(`${out}.journal.jsonl`, `${other}.journal.jsonl`);
    expect(whylight('report', ...args, '-o', other, '--seed', '7', '--restart').code).toBe(0);
    expect(existsSync(other)).toBe(true);
  });

  test('evaluates only the image that has changed', () => {
    const image = join(folder, 'images', 'red', '0.png');
    const before = readFileSync(image);
    copyFileSync(join(folder, 'images', 'red', '1.png'), image);
    const { stdout } = report();
    writeFileSync(image, before);
    expect(stdout).toContain('24 images');
    const lines = readFileSync(`${out}.journal.jsonl`, 'utf8').trim().split('\n').length;
    expect(lines).toBe(1 + 24 + 1);
  });

  test.each([
    [['--methods', 'grad_kam'], /method_not_found/],
    [['--metrics', 'deletions'], /no metric "deletions"/],
    [['--n_steps', '5'], /Unknown option --n_steps/],
    [['--truth', 'maybe'], /truth/],
    [['--param', 'deletion.steps=0'], /Parameter "steps" of deletion/],
  ])('refuses %o', (more, message) => {
    const { code, stderr } = report(...more);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
  });
});

describeInBrowser('the page of the report', () => {
  let browser: Browser;
  let page: Page;
  const requests: string[] = [];
  const faults: string[] = [];
  beforeAll(async () => {
    expect(report().code).toBe(0);
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    page.on('request', (request) => requests.push(request.url()));
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    await page.goto(pathToFileURL(out).href);
  });
  afterAll(() => browser?.close());

  test('shows the stamp on its first screen, with class, position and images', async () => {
    const first = page.locator('.finding').first();
    const box = await first.boundingBox();
    expect((box?.y ?? Infinity) + (box?.height ?? 0)).toBeLessThan(900);
    await expect.poll(() => first.innerText()).toMatch(/images of predicted class dull share the lower left corner/);
    expect(await first.innerText()).toMatch(/stands out/i);
    const shown = await first
      .locator('.strip button')
      .evaluateAll((all) => all.map((one) => one.getAttribute('title')));
    expect(shown.sort()).toEqual(stamped.sort());
  });

  test('draws the mean map of the stamp warm in its corner only', async () => {
    // In the page's own words: its types are not those of Node.
    const warm: number[] = await page.evaluate(`(async () => {
      await new Promise(done => setTimeout(done, 300));
      const canvas = document.querySelector('.finding canvas'), context = canvas.getContext('2d');
      const redness = (x, y) => {
        const { data } = context.getImageData(x * canvas.width, y * canvas.height, canvas.width / 4, canvas.height / 4);
        return data.reduce((sum, value, i) => sum + [value, 0, -value, 0][i % 4], 0) / (data.length / 4);
      };
      return [redness(0, 0.75), redness(0.5, 0.25)];
    })()`);
    expect(warm[0] ?? 0).toBeGreaterThan((warm[1] ?? 0) + 10);
  });

  test('draws every image of the gallery without scrolling, and prints no controls', async () => {
    const blank = `[...document.querySelectorAll('#list canvas')].filter((canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return data.every((value) => value === 0);
    }).length`;
    expect(await page.locator('#list canvas').count()).toBe(24);
    expect(await page.evaluate('scrollY')).toBe(0);
    await expect.poll(() => page.evaluate(blank)).toBe(0);
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.locator('.tools, .filters, .more button').filter({ visible: true }).count()).toBe(0);
    expect(await page.locator('#list .cell').last().isVisible()).toBe(true);
    const ground = await page.evaluate('getComputedStyle(document.querySelector(".card")).backgroundColor');
    expect(ground).toBe('rgb(255, 255, 255)');
    await page.emulateMedia({ media: null, colorScheme: null });
  });

  test('lists mistakes, and filters images by a click into the confusion matrix', async () => {
    expect(await page.locator('#confusion tbody tr').count()).toBe(3);
    await page.locator('#confusion button[title*="dull predicted as dull"]').click();
    await expect.poll(() => page.locator('#filters').innerText()).toMatch(/4 images/);
    expect(await page.locator('#list .cell').count()).toBe(4);
  });

  test('opens an image with every method, and switches the method of all maps', async () => {
    await page.locator('#list .cell button').first().click();
    expect(await page.locator('dialog figure').count()).toBe(3);
    expect(await page.locator('dialog').innerText()).toMatch(/saliency for/);
    await page.locator('dialog button', { hasText: 'Close' }).click();
    await page.locator('#method').selectOption('saliency');
    await expect.poll(() => page.locator('#classes .cell').count()).toBe(3);
  });

  test('loads no other files, logs no errors, and fits a phone', async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth');
    expect(wide).toBeLessThanOrEqual(390);
    expect(requests.filter((url) => !url.startsWith('data:') && !url.startsWith('file:'))).toEqual([]);
    expect(faults).toEqual([]);
  });

  test.each(['light', 'dark'] as const)(
    'has no serious axe violations in the %s colour scheme',
    async (colorScheme) => {
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.emulateMedia({ colorScheme });
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate<axe.AxeResults>('axe.run()');
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      expect(serious.map(({ id, nodes }) => [id, nodes.map(({ html }) => html).slice(0, 3)])).toEqual([]);
    },
  );
});
