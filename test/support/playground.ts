/** The real thing for tests of the page: `npm start` in workerd, on a free port. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { launchChromium } from './chromium.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface StartedServer {
  readonly address: string;
  stop(): Promise<void>;
}

/**
 * Starts the server.
 * @param options further options of `npm start`
 * @throws Error with what it said, when it ends before it answers
 */
export const startServer = (...options: string[]): Promise<StartedServer> => startServerIn(ROOT, ...options);

/** Starts the server of a copy of the project. */
export async function startServerIn(folder: string, ...options: string[]): Promise<StartedServer> {
  const child = spawn(process.execPath, ['scripts/start.mjs', '--port', '0', ...options], { cwd: folder });
  const ended = once(child, 'exit');
  let said = '';
  const address = await new Promise<string>((resolve, reject) => {
    const listen = (chunk: Buffer) => {
      said += chunk.toString();
      const found = /whylight answers at (\S+)/.exec(said)?.[1];
      if (found) resolve(found);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.on('exit', () => reject(new Error(`The server did not start:\n${said}`)));
  });
  return {
    address,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/**
 * A server and a browser for the tests of the surrounding `describe`; both are there when a test runs.
 * @param switches further switches of the browser
 */
export function usePlayground(...switches: string[]): { readonly server: StartedServer; readonly browser: Browser } {
  const running = {} as { server: StartedServer; browser: Browser };
  beforeAll(async () => {
    [running.server, running.browser] = await Promise.all([startServer(), launchChromium(...switches)]);
  }, 300_000);
  afterAll(async () => {
    await running.browser?.close();
    await running.server?.stop();
  });
  return running;
}

/** An open page, and the errors in it so far. */
export interface OpenPage {
  readonly page: Page;
  readonly faults: string[];
}

/** Opens an empty page on a desktop's screen, and listens to its errors. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1300, height: 900 }, ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  return { page, faults };
}

/** Waits until the page shows this number of explained maps. */
export const explained = (page: Page, count = 1): Promise<void> =>
  expect.poll(() => page.locator('article.cell .facts').count(), { timeout: 50_000 }).toBe(count);

export interface SavedMap {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** Saliency maps of the page, which shows this number of them, from the files that its JSON buttons save. */
export async function savedMaps(page: Page, count: number): Promise<SavedMap[]> {
  await explained(page, count);
  const found: SavedMap[] = [];
  for (const cell of await page.locator('article.cell').all()) {
    const take = cell.locator('details.take');
    if ((await take.getAttribute('open')) === null) await take.locator('summary').click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      cell.getByRole('button', { name: 'JSON' }).click(),
    ]);
    const { outputs } = JSON.parse(readFileSync(await download.path(), 'utf8'));
    found.push(outputs.find(({ name }: { name: string }) => name === 'saliency_map'));
  }
  return found;
}

/** Largest difference of each pair of maps, relative to the largest value; NaN for other shapes. */
export const distances = (expected: readonly SavedMap[], maps: readonly SavedMap[]): number[] =>
  expected.map(({ shape, data }, i) => {
    const other = maps[i];
    if (String(other?.shape) !== String(shape)) return Number.NaN;
    const apart = Math.max(...data.map((value, k) => Math.abs(value - (other?.data[k] ?? Number.NaN))));
    return apart / Math.max(...data.map(Math.abs));
  });
