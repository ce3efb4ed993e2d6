/** The playground as somebody meets it who comes for the first time, or makes a mistake. */
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { describeInBrowser } from '../support/optional-tests.ts';
import { explained, usePlayground } from '../support/playground.ts';

describeInBrowser('the playground on a first visit', () => {
  const running = usePlayground();

  async function visit(state?: object, viewport = { width: 1300, height: 900 }): Promise<Page> {
    const page = await running.browser.newPage({ viewport });
    await page.goto(`${running.server.address}/${state ? `#${encodeURIComponent(JSON.stringify(state))}` : ''}`);
    return page;
  }

  /** Visits the page and enters an API key. */
  async function visitWithKey(key: string): Promise<Page> {
    const page = await visit();
    await explained(page);
    await page.getByRole('button', { name: /^Key/ }).click();
    await page.getByLabel('Key', { exact: true }).fill(key);
    await page.getByRole('button', { name: 'Use it' }).click();
    return page;
  }

  it('opens with a sample that is named, explained and described in words', async () => {
    const page = await visit();
    await explained(page);
    expect(await page.locator('.classes li').first().innerText()).toMatch(/^cat/);
    expect(await page.locator('article.cell h3').innerText()).toBe('Grad-CAM (automatic)');
    expect(await page.locator('.summary').innerText()).toMatch(/^Explanation of class cat/);
    expect(await page.locator('.color-bar').innerText()).toMatch(/^0\s+[\d.]+ for cat$/);
    expect(await page.locator('.unsure').count()).toBe(0);
  });

  it('says that the model is not sure of a class with a low probability', async () => {
    const page = await visit({ sample: 'cat' });
    await explained(page);
    expect(await page.locator('.unsure').innerText()).toMatch(/^Not sure: the best guess has 20\.\d %\.$/);
  });

  it('offers four methods first, and refuses one that does not apply with its reason', async () => {
    const page = await visit();
    await explained(page);
    expect(await page.locator('.recommended .name').allInnerTexts()).toEqual([
      'Automatic',
      'Grad-CAM',
      'Integrated Gradients',
      'Occlusion',
    ]);
    await page.locator('summary', { hasText: 'More methods' }).click();
    await page.getByLabel('Search').fill('attention rollout');
    const entry = page.locator('.catalogue .entry').first();
    expect(await entry.locator('input').isDisabled()).toBe(true);
    expect(await entry.innerText()).toContain('has no attention maps');
  });

  it('keeps a map of a portrait image within the height of the window', async () => {
    const page = await visit();
    await explained(page);
    const portrait = await page.evaluate<string>(`(() => {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [300, 900];
      canvas.getContext('2d').fillRect(0, 0, 150, 450);
      return canvas.toDataURL('image/png').split(',')[1];
    })()`);
    const buffer = Buffer.from(portrait, 'base64');
    await page.locator('input.input-file').setInputFiles({ name: 'tall.png', mimeType: 'image/png', buffer });
    await expect
      .poll(async () => {
        const box = await page.locator('.map').boundingBox();
        return box && Math.round((box.height / box.width) * 10) / 10;
      })
      .toBe(3);
    expect((await page.locator('.map').boundingBox())?.height).toBeLessThan(900);
  });

  it('puts the words about a single map beside it on a wide screen', async () => {
    const page = await visit();
    await explained(page);
    const [map, words] = [await page.locator('.map').boundingBox(), await page.locator('.summary').boundingBox()];
    if (!map || !words) throw new Error('The page shows no map, or no words.');
    expect(words.x).toBeGreaterThan(map.x + map.width);
    expect(words.y).toBeLessThan(map.y + map.height);
    expect(words.x + words.width).toBeLessThanOrEqual(1300);
  });

  it('shows the prediction above the maps, and both above the methods, on a phone', async () => {
    const page = await visit(undefined, { width: 390, height: 800 });
    await explained(page);
    const tops = await page.evaluate<number[]>(
      `['#prediction-title', '.map', 'details.view', '#methods-title'].map((it) => document.querySelector(it).getBoundingClientRect().top)`,
    );
    expect(tops).toEqual(tops.toSorted((a, b) => a - b));
  });

  it('refuses an invalid key and keeps the maps', async () => {
    const page = await visitWithKey('wrong');
    await expect.poll(() => page.locator('dialog .failure').innerText()).toBe('This key is not valid.');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await explained(page);
    expect(await page.getByRole('button', { name: /^Key/ }).innerText()).toBe('Key');
  });

  it('uses a valid key and says how many methods it allows', async () => {
    const page = await visitWithKey('whylight-demo');
    await expect.poll(() => page.getByRole('button', { name: /^Key/ }).innerText()).toBe('Key: set, 2 methods');
    await explained(page);
  });

  it('computes a failed map when it is tried again, and keeps the others', async () => {
    const page = await visit();
    await explained(page);
    await page.route(/method=occlusion/, (route) => route.abort(), { times: 1 });
    await page.getByLabel('Occlusion').check();
    await page.locator('article.cell .failure').waitFor();
    await explained(page);
    await page.locator('article.cell').getByRole('button', { name: 'Try again' }).click();
    await explained(page, 2);
  });

  it('shows the map of the server until that of the browser is there', async () => {
    const page = await visit();
    await explained(page);
    await page.getByLabel('Runs').selectOption('browser');
    await expect
      .poll(() => page.locator('article.cell .hint').allInnerTexts())
      .toContainEqual(expect.stringContaining('the new one is on its way'));
    expect(await page.locator('.color-bar').count()).toBe(1);
    await expect.poll(() => page.locator('.facts').innerText(), { timeout: 50_000 }).toMatch(/in this browser/);
  });

  it('explains itself in a guide, whose links lead to documents that exist', async () => {
    const page = await visit();
    await explained(page);
    await page.getByRole('button', { name: 'Guide' }).click();
    const links = page.getByRole('dialog').getByRole('link');
    expect(await links.count()).toBe(2);
    await page.getByRole('button', { name: 'Close' }).click();
    await page.locator('summary', { hasText: 'What score and value mean' }).click();
    const about = page.getByRole('link', { name: 'How to read it' });
    for (const link of [...(await links.all()), about]) {
      const address = new URL((await link.getAttribute('href')) ?? '', page.url());
      expect((await page.request.get(address.href)).status()).toBe(200);
    }
  });
});
