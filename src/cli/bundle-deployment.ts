/** Modules of the Worker of a deployment, bundled by wrangler's esbuild. */
import type { BuildResult } from 'esbuild';
import { WhylightError } from '../core/errors.ts';
import { bundlerOf } from '../node/isolation/bundle-method.ts';
import { modulesOptions, writeModules } from '../node/worker-modules.ts';
import { MODULES_FOLDER, WORKER_FILE } from './deployment-files.ts';

const WHAT = 'The Worker';
const placesIn = (folder: string) => ({ root: folder, entry: WORKER_FILE, outdir: MODULES_FOLDER });

/**
 * Writes the modules of a Worker whose sources were built.
 * @param folder of the configuration, whose wrangler brings the bundler
 * @throws WhylightError `invalid_config` for sources that cannot be bundled, or a folder without wrangler
 */
export async function bundleDeployment(folder: string): Promise<void> {
  const places = placesIn(folder);
  const { outputFiles } = await bundlerOf(folder, WHAT)
    .build({ ...modulesOptions(places), logLevel: 'silent' })
    .catch((error: Error) => {
      throw new WhylightError('invalid_config', `${WHAT} cannot be bundled: ${error.message}`, { folder });
    });
  await writeModules(places, outputFiles);
}

/**
 * Writes the modules again whenever a source has changed, such as a method that is being written. Mistakes are printed.
 * @returns the watch, which goes on until it is disposed
 * @throws WhylightError `invalid_config` for a folder without wrangler
 */
export async function watchDeployment(folder: string): Promise<{ dispose(): Promise<void> }> {
  const places = placesIn(folder);
  const write = async ({ errors, outputFiles = [] }: Pick<BuildResult, 'errors' | 'outputFiles'>): Promise<void> => {
    if (errors.length === 0) await writeModules(places, outputFiles);
  };
  const plugins = [{ name: 'write', setup: ({ onEnd }: { onEnd(done: typeof write): void }): void => onEnd(write) }];
  const context = await bundlerOf(folder, WHAT).context({ ...modulesOptions(places), logLevel: 'error', plugins });
  await context.watch();
  return context;
}
