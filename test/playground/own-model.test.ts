/** Models that a user brings: they are opened, corrected and explained in the page, and nothing of them is sent. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { write } from '../../src/core/onnx/write.ts';
import { launchChromium } from '../support/chromium.ts';
import { describeInBrowser } from '../support/optional-tests.ts';
import { halves, quarters } from '../support/other-models.ts';
import { explained, type OpenPage, openPage, startServer, usePlayground } from '../support/playground.ts';
import { storedZip } from '../support/stored-zip.ts';
import { makeTextFolder } from '../support/text-folder.ts';
import { filesOf } from '../support/token-models.ts';

const CIFAR = readFileSync('models/cifar10/model.onnx');
const LABELS: readonly string[] = JSON.parse(readFileSync('models/cifar10/manifest.json', 'utf8')).labels;

interface Upload {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}
const file = (name: string, content: string | Uint8Array): Upload => ({
  name,
  mimeType: 'application/octet-stream',
  buffer: Buffer.from(content),
});

describeInBrowser('a model of the user in the playground', () => {
  const running = usePlayground();

  /** Opens the page, and in it a model with the files beside it; `sent` has methods and addresses of what is sent then. */
  async function bring(...files: Upload[]): Promise<OpenPage & { readonly sent: string[] }> {
    const { page, faults } = await openPage(running.browser);
    await page.goto(running.server.address);
    await explained(page);
    const sent: string[] = [];
    page.on('request', (request) => sent.push(`${request.method()} ${request.url()}`));
    await page.locator('input.model-file').setInputFiles(files);
    return { page, sent, faults };
  }

  const models = (page: Page) => page.locator('header select').first();
  const inPage = (page: Page) =>
    expect.poll(() => page.locator('article.cell .facts').first().innerText(), { timeout: 50_000 });

  it('is explained with the class names beside it, and nothing is sent', async () => {
    const { page, sent, faults } = await bring(file('net.onnx', CIFAR), file('labels.txt', LABELS.join('\n')));
    await inPage(page).toMatch(/in this browser/);
    expect(await page.locator('#own-title').innerText()).toBe('net');
    expect(await page.locator('.own').innerText()).toMatch(/class names are those of labels\.txt/);
    expect(await page.locator('.classes li').first().innerText()).toMatch(/^[a-z]/);
    // Its shape is that of models of CIFAR, and the page says that this is a guess.
    expect(await page.locator('.own .unsure').innerText()).toMatch(/^Guessed: its input is 3x32x32/);
    expect(await page.locator('.preview figcaption').innerText()).toMatch(/^32 × 32 pixels, values -\d/);
    expect(sent.filter((one) => !/^GET .*(playground|blob:)/.test(one))).toEqual([]);
    expect(faults).toEqual([]);
  });

  it('takes corrections of preprocessing, class names and task', async () => {
    const { page, faults } = await bring(file('net.onnx', CIFAR));
    await inPage(page).toMatch(/in this browser/);
    expect(await page.locator('.classes li').first().innerText()).toMatch(/^class \d/);
    await page.getByLabel('Values of pixels').selectOption('0 to 255');
    await expect.poll(() => page.locator('.preview figcaption').innerText()).toMatch(/values \d+\.00 to 2\d\d\.00$/);
    await expect.poll(() => page.getByLabel('Values of pixels').inputValue()).toBe('0 to 255');
    await page.locator('summary', { hasText: 'Class names' }).click();
    const names = page.getByLabel('One a line, in the order of the output');
    await names.fill(LABELS.join('\n'));
    await names.blur();
    await expect.poll(() => page.locator('.classes li').first().innerText()).toMatch(/^(?!class)[a-z]/);
    await page.getByLabel(/^Task/).selectOption('regression');
    await expect.poll(() => page.locator('.own label', { hasText: 'Task' }).innerText()).toMatch(/as you said/);
    expect(faults).toEqual([]);
  });

  it('keeps the image, and comes back after a model of the server was chosen', async () => {
    const { page } = await bring(file('net.onnx', CIFAR));
    await inPage(page).toMatch(/in this browser/);
    await models(page).selectOption('cifar10');
    await inPage(page).toMatch(/server/);
    await page.getByRole('button', { name: 'Back to net' }).click();
    await inPage(page).toMatch(/in this browser/);
    expect(await models(page).inputValue()).toBe('your own');
  });

  it('may be a zip of a Hugging Face folder, whose tokenizer is used', async () => {
    const folder = makeTextFolder();
    try {
      const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => /\.\w+$/.test(path));
      const zip = storedZip(
        Object.fromEntries(paths.map((path) => [`reviews/${path}`, readFileSync(join(folder, path))])),
      );
      const { page, faults } = await bring(file('reviews.zip', zip));
      // A sample is explained first.
      await expect.poll(() => page.locator('.word').count(), { timeout: 50_000 }).toBeGreaterThan(0);
      await page.getByRole('textbox', { name: 'Text' }).fill('the film was good');
      await page.getByRole('button', { name: 'Explain this text' }).click();
      await expect
        .poll(() => page.locator('.word').allInnerTexts(), { timeout: 50_000 })
        .toEqual(['the', 'film', 'was', 'good']);
      await inPage(page).toMatch(/in this browser/);
      expect(await page.locator('.classes li').first().innerText()).toMatch(/^POSITIVE/);
      expect(faults).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('draws the boxes of a detector, and explains the one that is clicked', async () => {
    const { page, faults } = await bring(file('quarters.onnx', write(quarters()).graph));
    await expect.poll(() => page.locator('.box').count(), { timeout: 50_000 }).toBeGreaterThan(1);
    await inPage(page).toMatch(/in this browser/);
    const second = page.locator('.box').nth(1);
    const name = await second.innerText();
    await second.click();
    await expect.poll(() => page.locator('.target h2').innerText()).toBe(`Why ${name}?`);
    await inPage(page).toMatch(/in this browser/);
    expect(await page.locator('.box').nth(1).getAttribute('aria-pressed')).toBe('true');
    expect(faults).toEqual([]);
  });

  it('draws the outlines of the masks of a segmentation', async () => {
    const { page, faults } = await bring(file('halves.onnx', write(halves()).graph));
    await expect.poll(() => page.locator('.masks').count(), { timeout: 50_000 }).toBeGreaterThan(0);
    const drawn = () =>
      page.evaluate<number>(`(() => {
        const canvas = document.querySelector('.masks');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return data.filter((value, i) => i % 4 === 3 && value === 255).length;
      })()`);
    await expect.poll(drawn).toBeGreaterThan(0);
    expect(faults).toEqual([]);
  });

  it('explains the point of a segmentation that is clicked', async () => {
    const { page, faults } = await bring(file('halves.onnx', write(halves()).graph));
    await expect.poll(() => page.locator('.masks').count(), { timeout: 50_000 }).toBeGreaterThan(0);
    await inPage(page).toMatch(/in this browser/);
    await page
      .locator('button.map')
      .first()
      .click({ position: { x: 20, y: 30 } });
    await expect.poll(() => page.locator('.target h2').innerText()).toMatch(/^Why the point \d+, \d+\?$/);
    await inPage(page).toMatch(/in this browser/);
    expect(faults).toEqual([]);
  });

  /** Opens the page with one of the models of tokens, and a text in it. */
  async function read(name: string, text: string): ReturnType<typeof bring> {
    const visit = await bring(file(`${name}.zip`, storedZip(filesOf(name))));
    const { page } = visit;
    await page.locator('.word').first().waitFor({ timeout: 50_000 });
    await page.locator('.editor textarea').fill(text);
    await page.getByRole('button', { name: 'Explain this text' }).click();
    return visit;
  }

  const found = (page: Page) => expect.poll(() => page.locator('.word.found').allInnerTexts(), { timeout: 50_000 });

  it('underlines the words that have a class, and explains the one that is clicked', async () => {
    const { page, faults } = await read('names', 'the film was bad');
    await found(page).toEqual(['film', 'bad']);
    expect(await page.locator('.target h2').innerText()).toBe('Why bad (1)?');
    await page.getByRole('button', { name: /^film: .*Explain film/ }).click();
    await expect.poll(() => page.locator('.target h2').innerText()).toBe('Why film (2)?');
    await expect.poll(() => page.locator('.word[aria-pressed="true"]').allInnerTexts()).toEqual(['film']);
    expect(await page.locator('.word').first().isDisabled()).toBe(true);
    expect(faults).toEqual([]);
  });

  it('takes a question with a text below it, and underlines the answers', async () => {
    const { page, faults } = await read('answers', 'is it\nthe film was good');
    await found(page).toEqual(['the', 'film', 'was', 'good']);
    expect(await page.locator('.target h2').innerText()).toBe('Why film was good (1)?');
    expect(await page.locator('.word[aria-pressed="true"]').allInnerTexts()).toEqual(['film', 'was', 'good']);
    await page.getByRole('button', { name: /^the: .*Explain the film was good/ }).click();
    await expect.poll(() => page.locator('.word[aria-pressed="true"]').count()).toBe(4);
    expect(faults).toEqual([]);
  });

  it('names the tokens that may fill a mask, and marks the mask', async () => {
    const { page, faults } = await read('masked', 'the film was not [MASK]');
    await found(page).toEqual(['[MASK]']);
    expect(await page.locator('.target h2').innerText()).toBe('Why bad (1)?');
    await page
      .getByRole('button', { name: /^good \(2\)/ })
      .first()
      .click();
    await expect.poll(() => page.locator('.target h2').innerText()).toBe('Why good (2)?');
    expect(faults).toEqual([]);
  });

  it('is a form of columns where it takes a table', async () => {
    const { page, faults } = await bring(file('penguins.onnx', readFileSync('models/penguins/model.onnx')));
    await expect.poll(() => page.locator('.editor .field').count(), { timeout: 50_000 }).toBe(6);
    await inPage(page).toMatch(/in this browser/);
    expect(faults).toEqual([]);
  });

  it('says what is wrong with a file that is no model', async () => {
    const { page } = await bring(file('notes.onnx', 'no model at all'));
    await expect.poll(() => page.locator('.notice').innerText()).toMatch(/invalid_model/);
    expect(await page.locator('article.cell .facts').count()).toBe(1);
  });

  it('says that the server takes no models without a key that may upload them', async () => {
    const { page } = await bring(file('net.onnx', CIFAR));
    await inPage(page).toMatch(/in this browser/);
    await page.locator('summary', { hasText: 'Upload to the server' }).click();
    await page.getByRole('button', { name: 'Upload', exact: true }).click();
    await expect
      .poll(() => page.locator('.own .failure').innerText())
      .toMatch(/^The server does not take models with this key: /);
  });
});

describeInBrowser('npm start with a model', () => {
  it('opens the page with the model, which runs in the page', async () => {
    const [server, browser] = await Promise.all([startServer('--model', 'models/penguins'), launchChromium()]);
    try {
      const page = await browser.newPage();
      await page.goto(`${server.address}/#${encodeURIComponent(JSON.stringify({ own: true }))}`);
      await expect
        .poll(() => page.locator('article.cell .facts').first().innerText(), { timeout: 50_000 })
        .toMatch(/in this browser/);
      expect(await page.locator('#own-title').innerText()).toBe('penguins');
      expect(await page.getByLabel('island').count()).toBe(1);
    } finally {
      await browser.close();
      await server.stop();
    }
  }, 300_000);

  it.each([
    ['nowhere.onnx', /There is no .*nowhere\.onnx/],
    ['docs', /docs holds no \.onnx file/],
  ])('refuses %s with the reason', async (path, reason) => {
    await expect(startServer('--model', path)).rejects.toThrow(reason);
  });
});
