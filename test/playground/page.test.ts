/** The playground as people use it: a real browser in front of the real Worker. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { BrowserContextOptions } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { describeInBrowser, itUnless } from '../support/optional-tests.ts';
import { distances, explained, type OpenPage, openPage, savedMaps, usePlayground } from '../support/playground.ts';

const photo = fileURLToPath(new URL('../../examples/photos/ship.jpg', import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const PYTHON_MISSING = spawnSync('python3', ['--version']).status === 0 ? undefined : 'there is no python3';

const THREE_STRATEGIES = {
  sample: 'cat',
  methods: [
    ['grad_cam', {}],
    ['saliency', {}],
    ['occlusion', {}],
  ],
};

describeInBrowser('the playground', () => {
  const running = usePlayground();

  /** Opens the page, with a state as links have it; `requests` has the addresses of what it asks for. */
  async function visit(
    state?: object,
    options: BrowserContextOptions = {},
  ): Promise<OpenPage & { readonly requests: string[] }> {
    const { page, faults } = await openPage(running.browser, options);
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(`${running.server.address}/#${encodeURIComponent(JSON.stringify({ model: 'cifar10', ...state }))}`);
    return { page, requests, faults };
  }

  it('classifies and explains a file without requests to other hosts', async () => {
    const { page, requests, faults } = await visit();
    await page.locator('input.input-file').setInputFiles(photo);
    await expect.poll(() => page.locator('.classes li').first().innerText()).toMatch(/ship/);
    await explained(page, 1);
    await page.locator('.classes .class', { hasText: 'airplane' }).click();
    await expect.poll(() => page.locator('.target h2').innerText()).toBe('Why airplane?');
    await explained(page, 1);
    expect(requests.filter((url) => !url.startsWith(running.server.address) && !/^(blob|data):/.test(url))).toEqual([]);
    expect(faults).toEqual([]);
  });

  it('shows three methods side by side for two classes and their difference', async () => {
    const { page, faults } = await visit({ ...THREE_STRATEGIES, targets: ['3', '5', '3 - 5'] });
    await explained(page, 9);
    expect(await page.locator('.target h2').allInnerTexts()).toEqual([
      'Why cat?',
      'Why dog?',
      'Why cat rather than dog?',
    ]);
    expect(faults).toEqual([]);
  });

  it('redraws a map with other settings without a new request', async () => {
    const { page, requests } = await visit({ sample: 'cat' });
    await explained(page, 1);
    const before = requests.length;
    const drawing = () => page.locator('.map canvas').nth(1).screenshot();
    const first = await drawing();
    await page.getByLabel('Drawn as').selectOption('outlines');
    await page.getByLabel('Evidence').selectOption('both');
    await page.getByLabel('Colours').selectOption('RdBu_r');
    await expect.poll(async () => (await drawing()).equals(first)).toBe(false);
    expect(requests.slice(before).filter((url) => url.includes('/v2/'))).toEqual([]);
  });

  it('applies zoom, pan, swipe and pointer to all maps at once', async () => {
    const { page, requests } = await visit({ ...THREE_STRATEGIES, targets: ['3'] });
    await explained(page, 3);
    const before = requests.length;
    const styles = async (selector: string, name: 'transform' | 'clipPath') =>
      page.evaluate<string[]>(`[...document.querySelectorAll('${selector}')].map(({ style }) => style.${name})`);
    await page.getByRole('slider', { name: /^Zoom/ }).fill('2');
    await expect.poll(() => styles('.map .inside', 'transform')).toEqual(Array(3).fill('translate(0%, 0%) scale(2)'));
    const box = await page.locator('.map').first().boundingBox();
    if (!box) throw new Error('There is no map on the page.');
    await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.6);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.4, box.y + box.height * 0.3, { steps: 4 });
    await page.mouse.up();
    const panned = await styles('.map .inside', 'transform');
    expect(new Set(panned).size).toBe(1);
    expect(panned[0]).not.toBe('translate(0%, 0%) scale(2)');
    expect(await page.locator('.crosshair').count()).toBe(3);
    expect((await page.locator('.readout').allInnerTexts()).every((text) => /^value -?[\d.e-]+$/.test(text))).toBe(
      true,
    );
    await page.getByRole('slider', { name: /^Swipe/ }).fill('40');
    await expect
      .poll(() => styles('.map canvas:nth-child(2)', 'clipPath'))
      .toEqual(Array(3).fill('inset(0px 60% 0px 0px)'));
    expect(requests.slice(before).filter((url) => url.includes('/v2/'))).toEqual([]);
  });

  it('accepts an image by drop and paste', async () => {
    for (const kind of ['drop', 'paste'] as const) {
      const { page } = await visit();
      await page.locator('input.input-file').waitFor({ state: 'attached' });
      // As text: the types of the browser are not those of this file.
      await page.evaluate(`(() => {
        const bytes = Uint8Array.from(atob('${readFileSync(photo).toString('base64')}'), (one) => one.charCodeAt(0));
        const data = new DataTransfer();
        data.items.add(new File([bytes], 'ship.jpg', { type: 'image/jpeg' }));
        const given = { bubbles: true, cancelable: true };
        document.body.dispatchEvent(
          '${kind}' === 'drop'
            ? new DragEvent('drop', { ...given, dataTransfer: data })
            : new ClipboardEvent('paste', { ...given, clipboardData: data }),
        );
      })()`);
      await expect.poll(() => page.locator('.classes li').first().innerText(), { timeout: 20_000 }).toMatch(/ship/);
    }
  });

  it('downloads the map as PNG, JSON and npy', async () => {
    const { page } = await visit({ sample: 'cat' });
    await explained(page, 1);
    await page.getByText('Save or copy').click();
    const got: Record<string, Buffer> = {};
    for (const name of ['PNG', 'JSON', 'npy']) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name, exact: true }).click(),
      ]);
      expect(download.suggestedFilename()).toBe(`cat-grad_cam-cat.${name.toLowerCase()}`);
      got[name] = readFileSync(await download.path());
    }
    expect(got.PNG?.subarray(1, 4).toString()).toBe('PNG');
    const { outputs } = JSON.parse(String(got.JSON)) as { outputs: { name: string; data: number[] }[] };
    const npy = got.npy as Buffer;
    const header = npy.readUInt16LE(8);
    expect(npy.subarray(10, 10 + header).toString()).toMatch(
      /'descr': '<f4', 'fortran_order': False, 'shape': \(32, 32\)/,
    );
    const values = new Float32Array(new Uint8Array(npy.subarray(10 + header)).buffer);
    const map = outputs.find(({ name }) => name === 'saliency_map')?.data ?? [];
    expect(values.length).toBe(1024);
    for (const [i, value] of values.entries()) expect(value).toBeCloseTo(map[i] as number, 5);
  });

  it('downloads all maps as one PNG', async () => {
    const { page } = await visit({ ...THREE_STRATEGIES, targets: ['3', '5'] });
    await explained(page, 6);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'All maps as one PNG' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('cat-maps.png');
    const png = readFileSync(await download.path());
    // Three columns of 320 and their gaps; two rows.
    expect([png.readUInt32BE(16), png.readUInt32BE(20) > 500]).toEqual([1024, true]);
  });

  it('shows progress, and stops a run that is cancelled', async () => {
    const { page, faults } = await visit({ sample: 'cat', methods: [['rise', { n_masks: 4000 }]] });
    await expect
      .poll(() => page.locator('article.cell progress').first().getAttribute('value'), { timeout: 50_000 })
      .toMatch(/[1-9]/);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(() => page.locator('article.cell progress').count()).toBe(0);
    expect(await page.locator('article.cell .facts').count()).toBe(0);
    await page.getByRole('button', { name: 'Explain', exact: true }).first().waitFor();
    expect(faults).toEqual([]);
  });

  const root = fileURLToPath(new URL('../..', import.meta.url));
  const run = (file: string, ...rest: string[]) => execFileSync(file, rest, { cwd: root, encoding: 'utf8' });

  /** Code that the page shows in a language for one explanation of a sample. */
  async function snippet(language: string): Promise<string> {
    const { page } = await visit({ sample: 'cat' });
    await explained(page, 1);
    await page.getByText('Save or copy').click();
    await page.getByRole('button', { name: language, exact: true }).click();
    return page.locator('.take pre').innerText();
  }

  it('shows a curl command that returns the same explanation', async () => {
    const curl = await snippet('curl');
    expect(run('bash', '-c', `${curl} --silent --show-error`)).toContain('"saliency_map"');
  });

  it('shows a TypeScript program that returns the same explanation', async () => {
    const program = `${await snippet('TypeScript')}\nconsole.log(saliencyMap.shape)`;
    expect(run(process.execPath, '--input-type=module-typescript', '-e', program)).toContain('[ 1, 32, 32 ]');
  });

  it('shows a Python program that uses the standard library only', async () => {
    expect(await snippet('Python')).toContain('urllib.request');
  });

  itUnless(PYTHON_MISSING, 'shows a Python program that returns the same explanation', async () => {
    const program = `${await snippet('Python')}\nprint(saliency_map["shape"])`;
    expect(run('python3', '-c', program)).toContain('[1, 32, 32]');
  });

  it('shows the error code when a run or an image fails', async () => {
    const { page } = await visit({ sample: 'cat', methods: [['attention_rollout', {}]] });
    await expect.poll(() => page.locator('.failure').innerText(), { timeout: 50_000 }).toMatch(/unprocessable_method/);
    await page.locator('input.input-file').setInputFiles(fileURLToPath(import.meta.url));
    await expect.poll(() => page.locator('.notice').innerText()).toMatch(/invalid_image/);
  });

  it('restores its state from a link without key and image', async () => {
    const { page } = await visit({ ...THREE_STRATEGIES, targets: ['5'], view: { opacity: 0.4 } });
    await explained(page, 3);
    await expect.poll(() => decodeURIComponent(new URL(page.url()).hash)).toContain('"opacity":0.4');
    const again = await (await running.browser.newContext()).newPage();
    await again.goto(page.url());
    await explained(again, 3);
    expect(await again.locator('.target h2').innerText()).toBe('Why dog?');
    expect(await again.getByRole('slider', { name: /^Opacity/ }).inputValue()).toBe('40');
  });

  it('shows the effect of covering a region on the prediction', async () => {
    const { page } = await visit({ sample: 'cat' });
    await explained(page, 1);
    await page.getByRole('button', { name: 'Draw a region' }).click();
    const box = await page.locator('.map').boundingBox();
    if (!box) throw new Error('There is no map on the page.');
    await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.8, box.y + box.height * 0.9, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => page.locator('.occlusion tbody tr').first().innerText()).toMatch(/cat\s+76.8 %.*▼/s);
  });

  it('can be used with the keyboard alone', async () => {
    const { page, faults } = await visit();
    // Read in one step: nothing has the focus after the last element, or where a redraw took the focused one away.
    const focused = () =>
      page.evaluate<string>(`(() => {
        const element = document.activeElement;
        return element === document.body ? '' : [element.ariaLabel, element.innerText].join(' ');
      })()`);
    const focusOn = async (name: RegExp) => {
      for (let presses = 0; presses < 60; presses++) {
        await page.keyboard.press('Tab');
        if (name.test(await focused())) return;
      }
      throw new Error(`${name} cannot be reached with the Tab key.`);
    };
    // Another sample than the one that the page opens with, so that its maps are told apart from those of the first.
    await page.getByLabel('Sample: cat').waitFor();
    await focusOn(/Sample: cat/);
    await page.keyboard.press('Enter');
    await page.locator('[aria-label="Sample: cat"][aria-pressed=true]').waitFor();
    await explained(page, 1);
    await focusOn(/dog: own row/);
    await page.keyboard.press('Enter');
    await explained(page, 2);
    await focusOn(/Arrow keys read values/);
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => page.locator('.readout').first().innerText()).toMatch(/^value /);
    expect(faults).toEqual([]);
  });

  it('gives the same maps in the browser as on the server', async () => {
    const methods = [
      ['grad_cam', {}],
      ['integrated_gradients', { n_steps: '10' }],
      ['rise', { n_masks: '64' }],
    ];
    const { page, requests, faults } = await visit({ sample: 'cat', methods, targets: ['3'] });
    const fromServer = await savedMaps(page, 3);
    const before = requests.length;
    await page.getByLabel('Runs').selectOption('browser');
    const cores = Math.min(4, availableParallelism());
    const device = cores > 1 ? `in this browser on ${cores} threads` : 'in this browser on one thread';
    await expect.poll(() => page.locator('.facts').first().innerText(), { timeout: 50_000 }).toContain(device);
    const fromBrowser = await savedMaps(page, 3);
    expect(requests.slice(before).filter((url) => /explain|infer/.test(url))).toEqual([]);
    expect(distances(fromServer, fromBrowser).filter((distance) => !(distance < 1e-3))).toEqual([]);
    expect(faults).toEqual([]);
  });

  describe.each(['light', 'dark'] as const)('in the %s colour scheme', (colorScheme) => {
    it.each([
      ['on a desktop', { width: 1300, height: 900 }],
      ['on a phone', { width: 390, height: 800 }],
    ])('is accessible and fits %s', async (_, viewport) => {
      const { page, faults } = await visit({ ...THREE_STRATEGIES, targets: ['3'] }, { colorScheme, viewport });
      await explained(page, 3);
      await page.locator('summary', { hasText: 'More methods' }).click();
      await page.locator('summary', { hasText: 'Save or copy' }).first().click();
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
      // The page allows no script but its own, so the checker comes by the developer tools' way in.
      const found = (await page.evaluate(`${axe}; axe.run()`)) as { violations: { impact: string; id: string }[] };
      const serious = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      expect(serious.map(({ id, ...rest }) => `${id} ${JSON.stringify(rest).slice(0, 600)}`)).toEqual([]);
      expect(faults).toEqual([]);
    });
  });
});
