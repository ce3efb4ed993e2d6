/** The camera of the page, in front of a device that Chromium makes up. */

import { expect, it } from 'vitest';
import { describeInBrowser } from '../support/optional-tests.ts';
import { explained, openPage, usePlayground } from '../support/playground.ts';

const CAMERA = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

describeInBrowser('the camera of the playground', () => {
  const running = usePlayground(...CAMERA);

  it('is explained live by two methods, and no frame leaves the page', async () => {
    const { page, faults } = await openPage(running.browser);
    await page.goto(running.server.address);
    await explained(page);
    await page.getByRole('button', { name: 'Camera' }).click();
    const sent: string[] = [];
    page.on('request', (request) => sent.push(`${request.method()} ${new URL(request.url()).pathname}`));
    await page.getByRole('button', { name: 'Explain live' }).click();
    const live = page.locator('.live');
    const shows = (pattern: RegExp) => expect.poll(() => live.innerText(), { timeout: 50_000 }).toMatch(pattern);
    await shows(/\d+ %[\s\S]*frames a second, in this browser/);
    const drawn = () => page.locator('.shown canvas').evaluate((canvas: { toDataURL(): string }) => canvas.toDataURL());
    const first = await drawn();
    expect(first.length).toBeGreaterThan(1000);
    // The device shows a clock: the picture goes on.
    await expect.poll(drawn, { timeout: 30_000 }).not.toBe(first);
    await live.getByRole('combobox').selectOption('recipro_cam');
    await shows(/\d+ %/);
    expect(sent.filter((request) => !request.startsWith('GET '))).toEqual([]);
    await page.getByRole('button', { name: 'Take the photo' }).click();
    await explained(page);
    expect(faults).toEqual([]);
  }, 120_000);
});
