import { existsSync } from 'node:fs';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: { name: 'node', include: ['test/**/*.test.ts'], exclude: ['test/**/*.workerd.test.ts'] },
      },
      {
        plugins: [
          cloudflareTest({
            // The Worker with entry points that only tests need.
            main: './test/support/worker.ts',
            ...(existsSync('wrangler.toml')
              ? { wrangler: { configPath: './wrangler.toml' } }
              : { miniflare: { compatibilityDate: '2026-10-20', compatibilityFlags: ['nodejs_compat'] } }),
          }),
        ],
        test: {
          name: 'workerd',
          include: ['test/**/*.workerd.test.ts'],
          // Each isolate pays seconds for the transfer of the 14 MB onnxruntime binary: let all files share one.
          isolate: false,
        },
      },
    ],
  },
});
