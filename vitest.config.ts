import { fileURLToPath } from 'node:url';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { isolatedBundles } from './test/support/isolated-bundles.ts';

const source = (path: string): string => fileURLToPath(new URL(`src/${path}`, import.meta.url));

export default defineConfig({
  test: {
    projects: [
      {
        // The example packages import whylight by its name: here that is the sources.
        resolve: {
          alias: [
            { find: /^whylight$/, replacement: source('package/node.ts') },
            { find: /^whylight\/(plugin|compiler)$/, replacement: source('package/$1.ts') },
            { find: 'whylight/edge', replacement: source('package/edge-node.ts') },
            { find: 'whylight/prepared', replacement: source('package/prepared-node.ts') },
            { find: 'whylight/testing', replacement: source('testing/node.ts') },
            { find: /^whylight\/methods\/(.*)$/, replacement: source('plugins/$1.ts') },
          ],
        },
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.workerd.test.ts'],
          setupFiles: ['test/support/fixed-seed.ts'],
          // For machines that are busy; no test waits for it.
          testTimeout: 60_000,
          expect: { poll: { timeout: 50_000 } },
        },
      },
      {
        resolve: {
          alias: [
            { find: /^whylight$/, replacement: source('package/worker.ts') },
            { find: 'whylight/edge', replacement: source('package/edge-worker.ts') },
            { find: 'whylight/prepared', replacement: source('package/prepared-worker.ts') },
            { find: /^whylight\/methods\/(.*)$/, replacement: source('plugins/$1.ts') },
          ],
        },
        // Packages without the sources that their source maps name would fill the screen.
        logLevel: 'error',
        plugins: [
          cloudflareTest({
            // The Worker with entry points that only tests need.
            main: './test/support/worker.ts',
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              workerLoaders: { LOADER: {} },
              bindings: { ISOLATED: JSON.stringify(await isolatedBundles()) },
            },
          }),
        ],
        test: {
          name: 'workerd',
          include: ['test/**/*.workerd.test.ts'],
          testTimeout: 60_000,
          // Each isolate pays seconds for the transfer of the 14 MB onnxruntime binary: let all files share one.
          isolate: false,
        },
      },
    ],
  },
});
