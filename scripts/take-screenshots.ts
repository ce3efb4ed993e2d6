/** `npm run screenshots`: the images of the playground in docs/images, taken in a real browser in front of the real Worker. */
import { fileURLToPath } from 'node:url';
import { launchChromium } from '../test/support/chromium.ts';
import { startServer } from '../test/support/playground.ts';

const state = {
  sample: 'tabby',
  methods: [
    ['grad_cam', {}],
    ['integrated_gradients', {}],
    ['occlusion', {}],
  ],
  targets: ['13'],
};
const SHOTS = [
  {
    file: 'playground',
    state: { ...state, targets: ['13', '13 - 12'] },
    width: 1360,
    height: 1000,
    colorScheme: 'light',
  },
  { file: 'playground-phone', state, width: 390, height: 844, colorScheme: 'dark' },
  {
    file: 'playground-text',
    state: { model: 'movie_reviews' },
    width: 1100,
    height: 700,
    colorScheme: 'light',
    scale: 1,
  },
  {
    file: 'playground-sound',
    state: { model: 'speech_digits' },
    width: 1100,
    height: 700,
    colorScheme: 'light',
    scale: 1,
  },
] as const;

/** Names of the images to take, all when there are none. */
const wanted = process.argv.slice(2);

const [server, browser] = await Promise.all([startServer(), launchChromium()]);
try {
  for (const { file, state, width, height, colorScheme, ...more } of SHOTS) {
    if (wanted.length > 0 && !wanted.includes(file)) continue;
    const page = await browser.newPage({
      viewport: { width, height },
      colorScheme,
      deviceScaleFactor: 'scale' in more ? more.scale : 1.25,
    });
    await page.goto(`${server.address}/#${encodeURIComponent(JSON.stringify(state))}`);
    const maps = page.locator('article.cell .facts');
    const count = 'methods' in state ? state.methods.length * state.targets.length : 1;
    await maps.nth(count - 1).waitFor({ timeout: 60_000 });
    if (width < 600) await page.evaluate("document.querySelector('#prediction-title').scrollIntoView()");
    const path = fileURLToPath(new URL(`../docs/images/${file}.jpg`, import.meta.url));
    await page.screenshot({ path, type: 'jpeg', quality: 82 });
    console.log(path);
  }
} finally {
  await browser.close();
  await server.stop();
}
