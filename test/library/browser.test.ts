/** The example of docs/library.md for browsers: bundled by Vite without settings of its own, in Chromium. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { describeInBrowser } from '../support/optional-tests.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

describeInBrowser('the library in a browser', () => {
  mkdirSync('node_modules/.cache', { recursive: true });
  // Inside the repository, so that the bundler finds its packages.
  const root = mkdtempSync(resolve('node_modules/.cache/library-page-'));
  const folder = join(root, 'dist');
  const server = createServer(({ url = '' }, response) => {
    const { pathname } = new URL(url, 'http://x');
    const file = join(folder, pathname === '/' ? 'index.html' : pathname);
    const isFile = existsSync(file) && extname(file) !== '';
    response.writeHead(isFile ? 200 : 404, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream' });
    response.end(isFile ? readFileSync(file) : '');
  });

  beforeAll(async () => {
    cpSync('examples/library/browser.js', join(root, 'main.js'));
    writeFileSync(join(root, 'index.html'), '<!doctype html><body><script type="module" src="main.js"></script>');
    await build({
      root,
      configFile: false,
      logLevel: 'error',
      build: { target: 'es2023', minify: false },
      resolve: { alias: { whylight: resolve('src/package/browser.ts') } },
    });
    cpSync('models/cifar10', join(folder, 'models/cifar10'), { recursive: true });
    cpSync('examples/photos/cat.jpg', join(folder, 'cat.jpg'));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  }, 300_000);
  afterAll(() => {
    server.close();
    rmSync(root, { recursive: true });
  });

  it('opens a model by its address, explains a Blob and shows the map', async () => {
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(error.message));
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      const image = page.locator('img');
      await image.waitFor({ timeout: 50_000 }).catch(() => expect(faults).toEqual([]));
      expect(await image.getAttribute('alt')).toMatch(/cat \(score 4\.2/);
      expect(await page.evaluate("document.querySelector('img').decode().then(() => true)")).toBe(true);
      expect(faults).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
