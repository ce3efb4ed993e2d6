/** Uploading a model of the user from the page to the registry of a Worker, with the rights of keys. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeOperatedProject, OPERATOR_KEY } from '../../bench/support/operated-project.ts';
import type { Project } from '../../bench/support/project.ts';
import { launchChromium } from '../support/chromium.ts';
import { describeInBrowser } from '../support/optional-tests.ts';
import { explained, openPage, type StartedServer, startServerIn } from '../support/playground.ts';

const CIFAR = readFileSync('models/cifar10/model.onnx');
const LABELS: readonly string[] = JSON.parse(readFileSync('models/cifar10/manifest.json', 'utf8')).labels;
/** Key of a tenant that may ask models, and upload none. */
const ASKING_KEY = 'whylight-demo';

describeInBrowser('the upload of a model from the page', () => {
  let project: Project;
  let server: StartedServer;
  let browser: Browser;
  beforeAll(async () => {
    project = await makeOperatedProject();
    [server, browser] = await Promise.all([startServerIn(project.folder), launchChromium()]);
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await project?.remove();
  });

  /** Opens the page with a key, and a model of the user with class names in it. */
  async function bring(key: string): Promise<{ readonly page: Page; readonly faults: string[] }> {
    const { page, faults } = await openPage(browser);
    await page.goto(server.address);
    await explained(page);
    await page.getByRole('button', { name: /^Key/ }).click();
    await page.getByLabel('Key', { exact: true }).fill(key);
    await page.getByRole('button', { name: 'Use it' }).click();
    await expect.poll(() => page.locator('dialog[open]').count()).toBe(0);
    await page.locator('input.model-file').setInputFiles([
      { name: 'net.onnx', mimeType: 'application/octet-stream', buffer: CIFAR },
      { name: 'labels.txt', mimeType: 'text/plain', buffer: Buffer.from(LABELS.join('\n')) },
    ]);
    await facts(page).toMatch(/in this browser/);
    return { page, faults };
  }

  const facts = (page: Page) =>
    expect.poll(() => page.locator('article.cell .facts').first().innerText(), { timeout: 50_000 });

  async function upload(page: Page, name: string): Promise<void> {
    await page.locator('summary', { hasText: 'Upload to the server' }).click();
    const form = page.locator('details', { hasText: 'Upload to the server' });
    await form.getByLabel('Name').fill(name);
    await form.getByRole('button', { name: 'Upload', exact: true }).click();
  }

  it('stores the model in the registry, and explains it there at once', async () => {
    const { page, faults } = await bring(OPERATOR_KEY);
    await upload(page, 'my-net');
    await expect.poll(() => page.locator('header select').first().inputValue(), { timeout: 50_000 }).toBe('my-net');
    await facts(page).toMatch(/server/);
    expect(LABELS).toContain((await page.locator('.classes li').first().innerText()).split(/\s/)[0]);
    expect(faults).toEqual([]);
    const answer = await fetch(`${server.address}/v2/models/my-net`, { headers: { 'x-api-key': OPERATOR_KEY } });
    const digest = createHash('sha256').update(CIFAR).digest('hex');
    expect(await answer.json()).toMatchObject({ name: 'my-net', versions: ['1'], digest, labels: LABELS });
  });

  it('is refused with the reason for a key without the scope, and the model goes on running in the page', async () => {
    const { page } = await bring(ASKING_KEY);
    await upload(page, 'not-mine');
    await expect
      .poll(() => page.locator('.own .failure').innerText())
      .toMatch(/^The server does not take models with this key: .*admin/);
    await facts(page).toMatch(/in this browser/);
  });
});
