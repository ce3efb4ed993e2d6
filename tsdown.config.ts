/** The package as it is published: every source file by itself under dist/, so that a bundler takes only what is used. */
import { copyFile, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { build, defineConfig, type Rolldown } from 'tsdown';

const SHARED = { outDir: 'dist', format: 'esm', platform: 'neutral', target: 'es2023' } as const;

/** Builds of onnxruntime-web weigh 139 MB; the package has a copy of the files that it uses. */
const ENGINE = ['ort.wasm.bundle.min.mjs', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'];

/** Packages that are part of the published one, with the file below dist/ that holds each. */
const INCLUDED: Readonly<Record<string, string>> = {
  'onnxruntime-web/wasm': 'vendor/onnxruntime-web/ort.wasm.bundle.min.mjs',
  'onnxruntime-web/ort-wasm-simd-threaded.wasm': 'vendor/onnxruntime-web/ort-wasm-simd-threaded.wasm',
  inversify: 'vendor/inversify/index.js',
  'oniguruma-to-es': 'vendor/oniguruma-to-es/index.js',
};

const ENGINE_LICENCE = `Copyright (c) Microsoft Corporation. All rights reserved.

MIT License

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`;

/** Imports the packages of {@link INCLUDED} from their files. */
const fromIncluded: Rolldown.Plugin = {
  name: 'from-included',
  resolveId: { order: 'pre', handler: (id) => (id in INCLUDED ? { id, external: true } : undefined) },
  renderChunk(code, { fileName }) {
    return code.replace(/(\bfrom |\bimport |\bimport\()"([^"]+)"/g, (all, before: string, id: string) => {
      const file = INCLUDED[id];
      return file === undefined ? all : `${before}"${relative(fileName, file)}"`;
    });
  },
};

const relative = (importer: string, file: string): string =>
  posix.relative(posix.dirname(importer), file).replace(/^(?!\.)/, './');

async function copyEngine(): Promise<void> {
  await mkdir('dist/vendor/onnxruntime-web', { recursive: true });
  await writeFile('dist/vendor/onnxruntime-web/LICENSE', ENGINE_LICENCE);
  for (const file of ENGINE) {
    await copyFile(`node_modules/onnxruntime-web/dist/${file}`, `dist/vendor/onnxruntime-web/${file}`);
  }
}

/** Files of the page and the documents, for `whylight playground`. Its engine is the one that the package has already. */
async function copyPages(): Promise<void> {
  // Images of the README are left out.
  const left = /ort-wasm[^/\\]*\.wasm$|[\\/]own$|[\\/]images[\\/](playground|cat|review|winter)[^\\/]*$/;
  for (const folder of ['playground', 'docs']) {
    await rm(`dist/${folder}`, { recursive: true, force: true });
    await cp(`generated/assets/${folder}`, `dist/${folder}`, { recursive: true, filter: (path) => !left.test(path) });
  }
}

/** Packages that become one small file each, with those whose code is in it. */
const BUNDLED = {
  inversify: ['inversify', 'reflect-metadata'],
  'oniguruma-to-es': ['oniguruma-to-es', 'oniguruma-parser', 'regex', 'regex-recursion', 'regex-utilities'],
};

async function bundle(name: string, parts: readonly string[]): Promise<void> {
  await build({
    ...SHARED,
    config: false,
    logLevel: 'error',
    entry: { [`vendor/${name}/index`]: name },
    clean: false,
    minify: true,
    deps: { alwaysBundle: [/./] },
  });
  for (const part of parts) await copyFile(`node_modules/${part}/LICENSE`, `dist/vendor/${name}/LICENSE.${part}`);
}

export default defineConfig({
  ...SHARED,
  entry: [
    'src/package/{node,browser,worker,plugin,compiler,edge-node,edge-worker,deployment-worker}.ts',
    'src/package/prepared-{node,browser,worker}.ts',
    'src/testing/{node,worker}.ts',
    'src/plugins/*/*.ts',
    'src/edge/client.ts',
    'src/cli/main.ts',
    // Threads and Workers of their own, which nothing imports.
    'src/node/engine-thread.ts',
    'src/node/inspect-thread.ts',
    'src/node/isolation/method-thread.ts',
    'src/edge/workerd/isolation/serve-method.ts',
  ],
  tsconfig: 'tsconfig.package.json',
  unbundle: true,
  dts: true,
  plugins: [fromIncluded],
  deps: { neverBundle: [/^node:/, /^cloudflare:/, 'onnxruntime-node'] },
  hooks: {
    async 'build:done'() {
      await Promise.all([copyEngine(), copyPages()]);
      for (const [name, parts] of Object.entries(BUNDLED)) await bundle(name, parts);
    },
  },
});
