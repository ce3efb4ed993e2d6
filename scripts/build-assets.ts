/**
 * models/, src/playground and docs/ -> generated/assets, the folder that is deployed with the Worker as static assets:
 * models by their folder, the playground below `playground/`, the documents below `docs/`. `--check` writes nothing and
 * fails when the playground is outdated.
 */
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Rolldown } from 'vite';
import { type Config, configSchema } from '../src/config/plugins-config.ts';
import { MethodRegistry } from '../src/core/method/registry.ts';
import { completeModelAssets } from '../src/node/model-assets.ts';
import { folderModels } from '../src/node/model-folders.ts';
import { buildSite } from './build-site.ts';
import { writeDescription } from './graphs/asset-descriptions.ts';
import { writeGraphs } from './graphs/asset-graphs.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ASSETS = join(ROOT, 'generated/assets');
const PHOTOS = ['tabby', 'dogs', 'coffee', 'bird-on-rail', 'rocket', 'cat'].map((name) => `photos/${name}.jpg`);
const SAMPLES = [...PHOTOS, 'data/nine.wav'].map((path) => join(ROOT, 'examples', path));

/** The program carries all methods, so that what one of them imports later is there at once. */
const BUNDLED: Rolldown.RolldownOptions = { checks: { ineffectiveDynamicImport: false } };

/** The files of the playground, by path below its folder. */
export async function buildPlayground(): Promise<Map<string, string | Uint8Array>> {
  const built = (await build({
    configFile: false,
    root: join(ROOT, 'src/playground'),
    base: '/playground/',
    logLevel: 'warn',
    // Not from NODE_ENV, which makes the files larger under a test runner.
    mode: 'production',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
    build: {
      write: false,
      target: 'es2024',
      assetsDir: 'files',
      // A page that may load nothing but its own files has no use for inlined ones.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 1500,
      rolldownOptions: BUNDLED,
    },
    worker: { format: 'es', rolldownOptions: BUNDLED },
  })) as Rolldown.RolldownOutput;
  const files = new Map<string, string | Uint8Array>();
  for (const file of built.output) files.set(file.fileName, file.type === 'chunk' ? file.code : file.source);
  for (const path of SAMPLES) files.set(`samples/${basename(path)}`, await readFile(path));
  return files;
}

/** Tells the scripts that train a model from the files that are served. */
const isScript = (path: string): boolean => path.endsWith('.py') || basename(path) === '__pycache__';

const readConfig = async (): Promise<Config> =>
  configSchema.parse(JSON.parse(await readFile(join(ROOT, 'plugins.config.json'), 'utf8')));

/** Files that configured methods load at start, from the project's folder. */
const filesOfPlugins = ({ plugins }: Config): string[] => plugins.flatMap(({ files = {} }) => Object.values(files));

/**
 * Writes what a first answer would compute anew: compiled graphs, and the description of each model beside it. The
 * plugins were generated before.
 * @param folder of the static assets
 * @param folders of models among them
 */
export async function writeCompiled(
  { compiled, models }: Pick<Config, 'compiled' | 'models'>,
  folder: string,
  folders: readonly string[],
): Promise<void> {
  const { plugins, tasks, compiler, reader } = await import('#plugins');
  for (const path of folders) await writeDescription(path, { tasks, reader });
  const registry = new MethodRegistry(plugins, { checked: true });
  await writeGraphs({ folder, models: folderModels(models), methods: compiled, registry, tasks, compiler });
}

/** Puts the whole folder together anew. */
export async function buildAssets(): Promise<void> {
  const files = await buildPlayground();
  await emptyAssets();
  await cp(join(ROOT, 'models'), ASSETS, { recursive: true, filter: (path) => !isScript(path) });
  const config = await readConfig();
  for (const path of filesOfPlugins(config)) await cp(join(ROOT, path), join(ASSETS, path), { recursive: true });
  const manifests = (await readdir(ASSETS, { recursive: true })).filter((path) => basename(path) === 'manifest.json');
  const folders = manifests.map((path) => join(ASSETS, dirname(path)));
  for (const path of folders) await completeModelAssets(path);
  await writeCompiled(config, ASSETS, folders);
  await buildSite(join(ASSETS, 'docs'));
  for (const [path, content] of files) {
    const target = join(ASSETS, 'playground', path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
  }
}

/** Removes everything but the bundles of isolated methods, which `generate-plugins.ts` has written. */
async function emptyAssets(): Promise<void> {
  const present = await readdir(ASSETS).catch(() => []);
  for (const name of present) if (name !== 'isolated') await rm(join(ASSETS, name), { recursive: true, force: true });
}

/** Names of files that are missing or differ from what would be built now. */
async function outdated(): Promise<string[]> {
  const names: string[] = [];
  for (const [path, content] of await buildPlayground()) {
    const present = await readFile(join(ASSETS, 'playground', path)).catch(() => undefined);
    if (!present || !Buffer.from(content).equals(present)) names.push(path);
  }
  return names;
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    const names = await outdated();
    if (names.length > 0) {
      console.error(`generated/assets is outdated (${names.join(', ')}): run npm run setup.`);
      process.exitCode = 1;
    }
  } else await buildAssets();
}
