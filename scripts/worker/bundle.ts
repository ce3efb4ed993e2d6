/** Modules of the Worker: its entry, and chunks that are loaded when they are first needed. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type BuildOptions, build, type OutputFile } from 'esbuild';

/** Options that a Worker is bundled with, which are those of wrangler; a `.wasm` file stays a module of its own. */
export const WORKER_OPTIONS = {
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2024',
  platform: 'neutral',
  mainFields: ['browser', 'module', 'main'],
  conditions: ['workerd', 'worker', 'browser', 'import'],
  external: ['cloudflare:*', 'node:*'],
  define: { 'process.env.NODE_ENV': '"production"', 'navigator.userAgent': '"Cloudflare-Workers"' },
} as const satisfies BuildOptions;

/** Settings of {@link bundleWorker}. */
export interface BundleSettings {
  /** Folder of the project. */
  readonly root: string;
  /** Path of the entry, from that folder. */
  readonly entry: string;
  /** Path of the folder that is written, from that folder; what it held is removed. */
  readonly outdir: string;
}

/**
 * Bundles the modules of a Worker, with source maps: `worker.js`, and what it imports in `chunks` and `wasm`. Nothing is
 * written.
 */
export const bundleModules = ({ root, entry, outdir }: BundleSettings) =>
  build({
    ...WORKER_OPTIONS,
    absWorkingDir: root,
    entryPoints: { worker: entry },
    outdir,
    splitting: true,
    metafile: true,
    write: false,
    sourcemap: 'linked',
    loader: { '.wasm': 'copy' },
    chunkNames: 'chunks/[name]-[hash]',
    assetNames: 'wasm/[name]-[hash]',
    logLevel: 'warning',
  });

/**
 * Writes the modules of a Worker.
 * @see docs/architecture.md
 */
export async function bundleWorker(settings: BundleSettings): Promise<void> {
  const { outputFiles } = await bundleModules(settings);
  await writeModules(join(settings.root, settings.outdir), outputFiles);
}

/** Writes what has changed, the entry last: `wrangler dev` loads all modules again when it sees a file change. */
async function writeModules(folder: string, files: readonly OutputFile[]): Promise<void> {
  const isEntry = ({ path }: OutputFile): boolean => dirname(path) === resolve(folder);
  for (const file of files.toSorted((a, b) => Number(isEntry(a)) - Number(isEntry(b)))) await writeChanged(file);
  const written = new Set(files.map(({ path }) => path));
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !written.has(path)) await rm(path);
  }
}

async function writeChanged({ path, contents }: OutputFile): Promise<void> {
  const present = await readFile(path).catch(() => undefined);
  if (present?.equals(contents)) return;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, contents);
}
