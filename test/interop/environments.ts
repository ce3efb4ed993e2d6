/** Tools of other people, installed by their usual package managers into `.interop/`, which git ignores. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { run } from './run.ts';

export const FOLDER = resolve('.interop');

/** Packages of each Python environment; they ask for different versions of the same dependencies. */
const PYTHON = {
  triton: ['tritonclient[http]==2.73.0', 'numpy==2.4.6', 'requests==2.34.2', 'onnx==1.23.2'],
  kserve: ['kserve==0.21.0', 'onnxruntime==1.32.0', 'requests==2.34.2'],
  mlserver: ['mlserver==1.7.1', 'onnxruntime==1.32.0'],
  schemathesis: ['schemathesis==4.32.5'],
  generator: ['openapi-python-client==0.29.1'],
} as const;

export type PythonEnvironment = keyof typeof PYTHON;

/** Packages of the Node environment. */
const NODE = [
  '@redocly/cli@2.77.0',
  '@stoplight/spectral-cli@6.16.3',
  'openapi-typescript@7.13.0',
  'openapi-fetch@0.17.0',
];

/** Reason why an environment is not there. */
export class Unavailable extends Error {}

/**
 * Makes an environment, or finds it.
 * @returns path of its Python
 * @throws Unavailable without Python 3 or where the packages cannot be installed
 */
export async function python(name: PythonEnvironment): Promise<string> {
  const folder = join(FOLDER, name);
  const binary = join(folder, 'bin', 'python');
  return installed(folder, PYTHON[name], async (packages) => {
    const made = await run('python3', ['-m', 'venv', folder]);
    if (made.code !== 0) throw new Unavailable(`python3 -m venv fails: ${lastLine(made.output)}`);
    return run(binary, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]);
  }).then(() => binary);
}

/** Makes the folder of npm packages, or finds it. @throws Unavailable */
export async function nodeTools(): Promise<string> {
  const folder = join(FOLDER, 'node');
  await installed(folder, NODE, async (packages) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
    return run('npm', ['install', '--no-audit', '--no-fund', '--save-exact', ...packages], { cwd: folder });
  });
  return folder;
}

async function installed(
  folder: string,
  packages: readonly string[],
  install: (packages: readonly string[]) => Promise<{ readonly code: number; readonly output: string }>,
): Promise<void> {
  const stamp = join(folder, 'installed.txt');
  const wanted = `${packages.join('\n')}\n`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.log(`interop: installing ${packages.join(', ')} ...`);
  const { code, output } = await install(packages).catch((error: Error) => ({ code: 1, output: error.message }));
  if (code !== 0) throw new Unavailable(`cannot install ${packages.join(', ')}: ${lastLine(output)}`);
  writeFileSync(stamp, wanted);
}

const lastLine = (output: string): string => output.trim().split('\n').at(-1)?.trim() ?? '';
