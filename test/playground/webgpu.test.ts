/** Explanations in the page on WebGPU, on the adapter that Chromium emulates in software. */
import { expect, it } from 'vitest';
import { describeInBrowser } from '../support/optional-tests.ts';
import { distances, openPage, savedMaps, usePlayground } from '../support/playground.ts';

const SOFTWARE_ADAPTER = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

describeInBrowser('a browser with WebGPU', () => {
  const running = usePlayground(...SOFTWARE_ADAPTER);

  it('gives the same maps on WebGPU as on the server, and names the device', async () => {
    const { page, faults } = await openPage(running.browser);
    const state = {
      model: 'cifar10',
      sample: 'cat',
      targets: ['3'],
      methods: [
        ['grad_cam', {}],
        ['integrated_gradients', { n_steps: '4' }],
      ],
    };
    await page.goto(`${running.server.address}/#${encodeURIComponent(JSON.stringify(state))}`);
    const expected = await savedMaps(page, 2);
    await page.getByLabel('Runs').selectOption('browser');
    const facts = page.locator('.facts');
    await expect.poll(() => facts.first().innerText(), { timeout: 150_000 }).toMatch(/in this browser on WebGPU/);
    const found = distances(expected, await savedMaps(page, 2));
    expect(found).toHaveLength(2);
    expect(found.filter((distance) => !(distance < 1e-3))).toEqual([]);
    expect(faults).toEqual([]);
  }, 300_000);
});
