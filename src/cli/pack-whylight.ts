/** Packs the whylight that runs into a folder, whose package then installs without a registry. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { WhylightError } from '../core/errors.ts';
import { ROOT } from './compose.ts';

/**
 * Lets a folder within a deployment depend on the tarball beside it, which {@link packWhylight} has written there; packs
 * another where there is none.
 * @returns the dependency as package.json writes it: `file:../whylight-0.1.0.tgz`
 * @throws WhylightError as {@link packWhylight}
 */
export async function packedWhylight(folder: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string };
  const tarball = `whylight-${version}.tgz`;
  // The sources of a clone may have changed since.
  if (isClone || !existsSync(join(dirname(folder), tarball))) return packWhylight(folder);
  await keepGpuLibrariesOut(folder);
  return `file:../${tarball}`;
}

/**
 * Writes the tarball of this whylight into the folder. Before npm 11, which reads `allowScripts` of package.json, a `.npmrc`
 * keeps onnxruntime-node from fetching GPU libraries.
 * @returns the dependency as package.json writes it: `file:./whylight-0.1.0.tgz`
 * @throws WhylightError `invalid_config` where packing fails
 */
export async function packWhylight(folder: string): Promise<string> {
  console.log('packing whylight ...');
  // A published package is built already; a clone builds when it is packed.
  const built = isClone ? [] : ['--ignore-scripts'];
  const packed = npm('pack', '--pack-destination', folder, ...built);
  const tarball = (await readdir(folder)).find((file) => /^whylight-.*\.tgz$/.test(file));
  if (packed.status !== 0 || tarball === undefined) {
    throw new WhylightError(
      'invalid_config',
      `whylight could not be packed for ${folder}: ${packed.stderr.trim() || packed.error?.message}. Run "npm pack" in ${ROOT} to see why.`,
      { folder },
    );
  }
  await keepGpuLibrariesOut(folder);
  return `file:./${tarball}`;
}

const isClone = existsSync(join(ROOT, 'src/cli/main.ts'));

async function keepGpuLibrariesOut(folder: string): Promise<void> {
  if (npmMajor() < 11) await writeFile(join(folder, '.npmrc'), 'onnxruntime-node-install=skip\n');
}

const npm = (...args: string[]) =>
  spawnSync('npm', args, { cwd: ROOT, encoding: 'utf8', shell: process.platform === 'win32' });

const npmMajor = (): number => Number.parseInt(npm('--version').stdout, 10);
