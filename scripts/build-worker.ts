/**
 * Modules of the Worker: src/edge/workerd/worker.ts -> generated/worker. `[build]` of wrangler.toml runs it before
 * `wrangler dev` and `wrangler deploy`, which take the modules as they are.
 */
import { fileURLToPath } from 'node:url';
import { bundleWorker } from './worker/bundle.ts';

await bundleWorker({
  root: fileURLToPath(new URL('..', import.meta.url)),
  entry: 'src/edge/workerd/worker.ts',
  outdir: 'generated/worker',
});
