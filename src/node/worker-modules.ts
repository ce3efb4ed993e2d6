/** Modules of a Worker: its entry, and chunks that are loaded when they are first needed. The caller brings esbuild. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { BuildOptions, OutputFile } from 'esbuild';

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

/** Places of the modules of a Worker. */
export interface ModulePlaces {
  /** Folder of the project. */
  readonly root: string;
  /** Path of the entry, from that folder. */
  readonly entry: string;
  /** Path of the folder that is written, from that folder; what it held is removed. */
  readonly outdir: string;
}

/**
 * Makes the options of esbuild that bundle a Worker into modules, with source maps: `worker.js`, and what it imports in
 * `chunks` and `wasm`. Nothing is written: see {@link writeModules}.
 */
export const modulesOptions = ({ root, entry, outdir }: ModulePlaces) =>
  ({
    ...WORKER_OPTIONS,
    absWorkingDir: root,
    entryPoints: { worker: entry },
    outdir,
    splitting: true,
    metafile: true as const,
    write: false as const,
    sourcemap: 'linked',
    loader: { '.wasm': 'copy' },
    chunkNames: 'chunks/[name]-[hash]',
    assetNames: 'wasm/[name]-[hash]',
    logLevel: 'warning',
  }) satisfies BuildOptions;

type WrittenFile = Pick<OutputFile, 'path' | 'contents'>;

/**
 * Writes the modules of a Worker: those that have changed, the entry last, since `wrangler dev` loads all modules again when
 * it sees a file change. Other files of the folder are removed.
 */
export async function writeModules({ root, outdir }: ModulePlaces, files: readonly WrittenFile[]): Promise<void> {
  const folder = join(root, outdir);
  const isEntry = ({ path }: WrittenFile): boolean => dirname(path) === resolve(folder);
  for (const file of files.toSorted((a, b) => Number(isEntry(a)) - Number(isEntry(b)))) await writeChanged(file);
  const written = new Set(files.map(({ path }) => path));
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !written.has(path)) await rm(path);
  }
}

async function writeChanged({ path, contents }: WrittenFile): Promise<void> {
  const present = await readFile(path).catch(() => undefined);
  if (present?.equals(contents)) return;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, contents);
}
