/** The Worker of the project as modules. */
import { build } from 'esbuild';
import { type ModulePlaces, modulesOptions, writeModules } from '../../src/node/worker-modules.ts';

/** Bundles the modules of a Worker. Nothing is written. */
export const bundleModules = (places: ModulePlaces) => build(modulesOptions(places));

/**
 * Writes the modules of a Worker.
 * @see docs/architecture.md
 */
export async function bundleWorker(places: ModulePlaces): Promise<void> {
  const { outputFiles } = await bundleModules(places);
  await writeModules(places, outputFiles);
}
