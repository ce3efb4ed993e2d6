/** Explanations in the page on WebGPU, on the adapter that Chromium emulates in software. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { describeInBrowser } from '../support/optional-tests.ts';
import { distances, openPage, type StartedServer, savedMaps, startServer } from '../support/playground.ts';

const SOFTWARE_ADAPTER = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

describeInBrowser('a browser with WebGPU', () => {
  let server: StartedServer;
  let browser: Browser;
  beforeAll(async () => {
    [server, browser] = await Promise.all([startServer(), launchChromium(...SOFTWARE_ADAPTER)]);
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('gives the same maps on WebGPU as on the server, and names the device', async () => {
    const { page, faults } = await openPage(browser);
    const state = {
      model: 'cifar10',
      sample: 'cat',
      targets: ['3'],
      methods: [
        ['grad_cam', {}],
        ['integrated_gradients', { n_steps: '10' }],
        ['rise', { n_masks: '64' }],
      ],
    };
    await page.goto(`${server.address}/#${encodeURIComponent(JSON.stringify(state))}`);
    const expected = await savedMaps(page, 3);
    await page.getByLabel('Runs').selectOption('browser');
    const facts = page.locator('.facts');
    await expect.poll(() => facts.first().innerText(), { timeout: 50_000 }).toMatch(/in this browser on WebGPU/);
    const found = distances(expected, await savedMaps(page, 3));
    expect(found).toHaveLength(3);
    expect(found.filter((distance) => !(distance < 1e-3))).toEqual([]);
    expect(faults).toEqual([]);
  }, 120_000);
});
