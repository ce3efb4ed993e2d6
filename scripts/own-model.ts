/**
 * `node scripts/own-model.ts PATH`: copies a model to where the page of `npm start` finds it, and prints the fragment of
 * the address that opens it.
 */
import { cp, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OPEN_OWN, ownModelFiles } from '../src/node/own-model-files.ts';

const FOLDER = 'generated/assets/playground/own';
/** Largest file that workerd serves as a static asset, in bytes. */
const MAX_BYTES = 25 * 2 ** 20;

try {
  const { root, paths } = await ownModelFiles(process.argv[2] ?? '');
  for (const path of paths) {
    if ((await stat(join(root, path))).size <= MAX_BYTES) continue;
    throw new Error(
      `${path} is above 25 MiB, which workerd does not serve. Use "npx whylight playground", or the button of the page.`,
    );
  }
  await rm(FOLDER, { recursive: true, force: true });
  for (const path of paths) {
    await mkdir(dirname(join(FOLDER, path)), { recursive: true });
    await cp(join(root, path), join(FOLDER, path));
  }
  await writeFile(join(FOLDER, 'index.json'), JSON.stringify(paths));
  console.log(OPEN_OWN);
} catch (error) {
  console.error(`start: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
