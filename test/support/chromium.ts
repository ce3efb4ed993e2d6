/** Chromium of this machine: Debian's package, or the executable that the environment variable CHROMIUM names. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const EXECUTABLE = process.env.CHROMIUM || '/usr/bin/chromium';

/** Error text for a machine without Chromium; undefined where the executable exists. */
export const CHROMIUM_MISSING = existsSync(EXECUTABLE)
  ? undefined
  : `there is no browser at ${EXECUTABLE}: install Debian's package chromium, or name an executable in CHROMIUM`;

/**
 * Starts the browser.
 * @param args further switches
 * @throws Error when the executable does not exist or does not start
 */
export async function launchChromium(...args: string[]): Promise<Browser> {
  if (CHROMIUM_MISSING) throw new Error(CHROMIUM_MISSING);
  return chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox', '--disable-gpu', ...args] });
}
