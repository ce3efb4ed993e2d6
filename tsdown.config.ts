/** The package as it is published: every source file by itself under dist/, so that a bundler takes only what is used. */
import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: [
    'src/package/{node,browser,worker,plugin,compiler,edge-node,edge-worker}.ts',
    'src/package/prepared-{node,browser,worker}.ts',
    'src/testing/{node,worker}.ts',
    'src/plugins/*/*.ts',
    'src/edge/client.ts',
    'src/edge/workerd/zod/in-english.ts',
    'src/cli/main.ts',
    // A thread of its own, which nothing imports.
    'src/node/engine-thread.ts',
  ],
  outDir: 'dist',
  tsconfig: 'tsconfig.package.json',
  format: 'esm',
  platform: 'neutral',
  target: 'es2023',
  unbundle: true,
  dts: true,
  deps: { neverBundle: [/\.wasm$/, /^node:/, /^cloudflare:/, 'onnxruntime-node'] },
});
