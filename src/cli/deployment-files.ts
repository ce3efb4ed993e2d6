/** Files of a deployment: a folder with a plugins.config.json that is no clone of the project. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from '../core/json.ts';

/** Folder of everything that `whylight build` writes. */
export const BUILD_FOLDER = '.whylight';
/** Source of the entry of the Worker. */
export const WORKER_FILE = join(BUILD_FOLDER, 'worker.js');
/** Modules of the Worker, as they are deployed; the entry is `worker.js`. */
export const MODULES_FOLDER = join(BUILD_FOLDER, 'modules');
/** Static assets of the Worker: models by name. */
export const ASSETS_FOLDER = join(BUILD_FOLDER, 'assets');
/** Build of each method, by id. */
export const BUILD_FILE = join(BUILD_FOLDER, 'build.json');

/** Reads the build of each method by id; none where nothing was built. */
export function readBuild(folder: string): Readonly<Record<string, string>> {
  const path = join(folder, BUILD_FILE);
  return existsSync(path) ? (parseJson(readFileSync(path, 'utf8'), BUILD_FILE) as Record<string, string>) : {};
}
