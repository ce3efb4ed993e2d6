/** Packs the whylight that runs into a folder, whose package then installs without a registry. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WhylightError } from '../core/errors.ts';
import { ROOT } from './compose.ts';

/**
 * Writes the tarball of this whylight into the folder. Before npm 11, which reads `allowScripts` of package.json, a `.npmrc`
 * keeps onnxruntime-node from fetching GPU libraries.
 * @returns the dependency as package.json writes it: `file:./whylight-0.1.0.tgz`
 * @throws WhylightError `invalid_config` where packing fails
 */
export async function packWhylight(folder: string): Promise<string> {
  console.log('packing whylight ...');
  // A published package is built already; a clone builds when it is packed.
  const built = existsSync(join(ROOT, 'src/cli/main.ts')) ? [] : ['--ignore-scripts'];
  const packed = npm('pack', '--pack-destination', folder, ...built);
  const tarball = (await readdir(folder)).find((file) => /^whylight-.*\.tgz$/.test(file));
  if (packed.status !== 0 || tarball === undefined) {
    throw new WhylightError(
      'invalid_config',
      `whylight could not be packed for ${folder}: ${packed.stderr.trim() || packed.error?.message}. Run "npm pack" in ${ROOT} to see why.`,
      { folder },
    );
  }
  if (npmMajor() < 11) await writeFile(join(folder, '.npmrc'), 'onnxruntime-node-install=skip\n');
  return `file:./${tarball}`;
}

const npm = (...args: string[]) =>
  spawnSync('npm', args, { cwd: ROOT, encoding: 'utf8', shell: process.platform === 'win32' });

const npmMajor = (): number => Number.parseInt(npm('--version').stdout, 10);
