/** Texts, tables, series and sounds in the playground. */
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { writeWav } from '../../src/modalities/audio/wav-write.ts';
import { describeInBrowser } from '../support/optional-tests.ts';
import { explained, usePlayground } from '../support/playground.ts';

describeInBrowser('the playground with data other than images', () => {
  const running = usePlayground();

  async function visit(model: string): Promise<{ readonly page: Page; readonly faults: string[] }> {
    const page = await running.browser.newPage({ viewport: { width: 1300, height: 900 } });
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    await page.goto(`${running.server.address}/#${encodeURIComponent(JSON.stringify({ model }))}`);
    return { page, faults };
  }

  it('colours the words of a text, and asks the model again without the one that is clicked', async () => {
    const { page, faults } = await visit('movie_reviews');
    await explained(page);
    expect(await page.locator('.classes li').first().innerText()).toMatch(/^negative/);
    const dull = page.getByRole('button', { name: /^dull: \+/ });
    expect(
      await dull.evaluate((word) => (word as unknown as { style: { background: string } }).style.background),
    ).toMatch(/^rgb/);
    await dull.click();
    await expect.poll(() => page.locator('.cell tbody tr').first().innerText()).toMatch(/^negative.*▼/s);
    await page.getByRole('button', { name: /^dull: .*Put it back$/ }).click();
    await expect.poll(() => page.locator('.cell table').count()).toBe(1);
    expect(faults).toEqual([]);
  });

  it('explains a text that is written', async () => {
    const { page } = await visit('movie_reviews');
    await explained(page);
    await page.getByRole('textbox', { name: 'Text' }).fill('A wonderful film.');
    await page.getByRole('button', { name: 'Explain this text' }).click();
    await expect
      .poll(() => page.locator('.word').allInnerTexts(), { timeout: 50_000 })
      .toEqual(['A', 'wonderful', 'film']);
    expect(await page.locator('.classes li').first().innerText()).toMatch(/^positive/);
  });

  it('follows the sliders of a table with the prediction, and explains the new row on demand', async () => {
    const { page, faults } = await visit('penguins');
    await explained(page);
    expect(await page.locator('.classes li').first().innerText()).toMatch(/^Adelie/);
    expect(await page.locator('.drawing').getAttribute('src')).toMatch(/^blob:/);
    await page.getByLabel('island').selectOption('Biscoe');
    await page.getByLabel('bill_depth_mm', { exact: true }).fill('13.4');
    await page.getByLabel('flipper_length_mm', { exact: true }).fill('215');
    await page.getByLabel('flipper_length_mm', { exact: true }).blur();
    await expect.poll(() => page.locator('.bar.covered').count()).toBeGreaterThan(0);
    await page.getByRole('button', { name: 'Explain this row' }).click();
    await expect.poll(() => page.locator('.classes li').first().innerText(), { timeout: 50_000 }).toMatch(/^Gentoo/);
    await explained(page);
    expect(faults).toEqual([]);
  });

  it('shows a long number of a row whole', async () => {
    const { page } = await visit('penguins');
    await explained(page);
    const field = page.getByLabel('body_mass_g', { exact: true });
    await field.fill('4250.123456');
    await field.blur();
    const hidden = () =>
      page.evaluate<number[]>(
        `[...document.querySelectorAll('.slider input[type="number"]')].map((one) => one.scrollWidth - one.clientWidth)`,
      );
    await expect.poll(hidden).toEqual([0, 0, 0, 0]);
    expect(await field.inputValue()).toBe('4250.123456');
  });

  it('draws a series', async () => {
    const { page, faults } = await visit('italy_power');
    await explained(page);
    expect(await page.locator('.target h2').innerText()).toBe('Why winter?');
    expect(
      await page.locator('.drawing').evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth),
    ).toBeGreaterThan(0);
    expect(faults).toEqual([]);
  });

  it('plays and explains a sound that is picked', async () => {
    const { page, faults } = await visit('speech_digits');
    await page.locator('.intake h2', { hasText: 'Sound' }).waitFor();
    const tone = Float32Array.from({ length: 8000 }, (_, i) => 0.3 * Math.sin((2 * Math.PI * 440 * i) / 8000));
    const buffer = Buffer.from(writeWav({ sampleRate: 8000, channels: [tone] }));
    await page.locator('input.input-file').setInputFiles({ name: 'tone.wav', mimeType: 'audio/wav', buffer });
    await explained(page);
    expect(await page.locator('audio').getAttribute('src')).toMatch(/^blob:/);
    expect(await page.locator('.drawing').getAttribute('src')).toMatch(/^blob:/);
    expect(faults).toEqual([]);
  });

  it.each([
    ['movie_reviews', /^negative/],
    ['penguins', /^Adelie/],
    ['italy_power', /^winter/],
    ['speech_digits', /^nine/],
  ])('explains the sample of %s in the page itself, as the server does', async (model, best) => {
    const { page, faults } = await visit(model);
    await explained(page);
    const answers = async () => ({
      classes: await page.locator('.classes li').allInnerTexts(),
      values: await page.locator('.cell tbody tr').allInnerTexts(),
    });
    const server = await answers();
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.getByLabel('Runs').selectOption('browser');
    await expect.poll(() => page.locator('.facts').first().innerText(), { timeout: 50_000 }).toMatch(/in this browser/);
    await explained(page);
    const browser = await answers();
    expect(server.classes[0]).toMatch(best);
    expect(browser).toEqual(server);
    expect(requests.filter((url) => /\/(explain|infer)/.test(url))).toEqual([]);
    expect(faults).toEqual([]);
  });

  it('offers all models of the server by kind of data and task', async () => {
    const { page, faults } = await visit('everyday');
    await explained(page);
    await page.getByRole('button', { name: 'All models' }).click();
    await expect.poll(() => page.locator('.gallery li').count(), { timeout: 20_000 }).toBe(7);
    expect(await page.locator('.gallery li', { hasText: 'adult_income' }).innerText()).toMatch(/Table, classification/);
    await page.locator('.gallery li button', { hasText: 'italy_power' }).click();
    await expect.poll(() => page.locator('.target h2').allInnerTexts(), { timeout: 50_000 }).toEqual(['Why winter?']);
    expect(faults).toEqual([]);
  });

  it('keeps methods that do not apply to the data out of the recommended ones', async () => {
    const { page } = await visit('penguins');
    await explained(page);
    expect(await page.locator('.recommended .name').allInnerTexts()).not.toContain('Grad-CAM');
    await page.locator('summary', { hasText: 'More methods' }).click();
    await page.getByLabel('Search').fill('grad_cam');
    expect(await page.locator('.catalogue .entry input').first().isDisabled()).toBe(true);
  });
});
