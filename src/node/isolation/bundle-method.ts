/** Bundle of a method for a dynamic Worker of its own. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OutputFile } from 'esbuild';
import { WhylightError } from '../../core/errors.ts';
import type { IsolatedBuild, MethodDescription } from '../../core/isolation/protocol.ts';

/** The used part of esbuild. */
interface Bundler {
  build(
    options: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly outputFiles: readonly Pick<OutputFile, 'path' | 'text' | 'contents'>[] }>;
  context(options: Readonly<Record<string, unknown>>): Promise<{ watch(): Promise<void>; dispose(): Promise<void> }>;
}

const EXTENSION = extname(fileURLToPath(import.meta.url));
const ownFile = (path: string): string =>
  fileURLToPath(new URL(`../../edge/workerd/${path}${EXTENSION}`, import.meta.url));

/** Path of a method's bundle among the static assets. */
export const isolatedScript = (id: string): string => `isolated/${id}.js`;

/**
 * Bundles a method with what it imports.
 * @param root folder of the configuration, whose wrangler brings the bundler
 * @throws WhylightError `invalid_config` for a method that cannot be bundled, or a folder without wrangler
 */
export async function bundleMethod(
  root: string,
  use: string,
  description: MethodDescription,
): Promise<{ readonly build: IsolatedBuild; readonly text: string }> {
  const english = ownFile('zod/in-english');
  const options = {
    stdin: {
      contents: `import method from ${JSON.stringify(use)};\nimport { serveMethod } from ${JSON.stringify(ownFile('isolation/serve-method'))};\nexport default serveMethod(method);`,
      resolveDir: root,
    },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2023',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    // The schema library without the translations of its messages.
    ...(existsSync(english) && {
      alias: { 'zod/v4': fileURLToPath(import.meta.resolve('zod/v4')), zod: english },
    }),
    logLevel: 'silent',
  };
  const { outputFiles } = await bundlerOf(root, 'A method with "isolated"')
    .build(options)
    .catch((error: Error) => {
      throw new WhylightError('invalid_config', `"${use}" cannot be bundled: ${error.message}`, { use });
    });
  const text = outputFiles[0]?.text ?? '';
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return { build: { use, script: isolatedScript(description.id), digest, description }, text };
}

/**
 * Finds the bundler of a folder.
 * @param what is bundled, for the message
 * @throws WhylightError `invalid_config` for a folder without wrangler
 */
export function bundlerOf(root: string, what: string): Bundler {
  // That of the deployment, or the project's own.
  for (const from of [join(root, 'package.json'), import.meta.url]) {
    try {
      return createRequire(createRequire(from).resolve('wrangler/package.json'))('esbuild') as Bundler;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  const message = `${what} is bundled by wrangler's esbuild, which ${root} does not have: run "npm install --save-dev wrangler".`;
  throw new WhylightError('invalid_config', message, { root });
}
