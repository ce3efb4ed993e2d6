/**
 * Writes THIRD_PARTY_NOTICES.md: name, version, licence and copyright of every package that the published package or the
 * page contains or depends on, from the lock file and node_modules. `--check` writes nothing and fails when the file is outdated.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = 'THIRD_PARTY_NOTICES.md';

/** Development dependencies that are bundled: into pages by Vite, into the published package by tsdown. */
const BUNDLED = [
  'preact',
  '@preact/signals',
  'preact-render-to-string',
  'inversify',
  'reflect-metadata',
  'oniguruma-to-es',
];

/** Development dependencies of which the published package has files, without their own dependencies. */
const COPIED = ['onnxruntime-web'];

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock;

/** Path in the lock file of a dependency, looked up as Node does: from the folder of its dependent outwards. */
function resolvePath(name: string, dependent: string): string | undefined {
  for (let folder = dependent; ; folder = folder.slice(0, Math.max(folder.lastIndexOf('/node_modules/'), 0))) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (packages[path]) return path;
    if (folder === '') return undefined;
  }
}

/** Paths of all runtime dependencies, direct and indirect, and of what the page bundles, in the order of their names. */
function runtimePaths(): string[] {
  const bundled = BUNDLED.map((name) => `node_modules/${name}`);
  const found = new Set<string>([...bundled, ...COPIED.map((name) => `node_modules/${name}`)]);
  const pending = ['', ...bundled];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    for (const name of Object.keys(packages[path]?.dependencies ?? {})) {
      const next = resolvePath(name, path);
      if (next === undefined)
        throw new Error(`${name}, a dependency of ${path || 'whylight'}, is not in package-lock.json.`);
      if (found.has(next)) continue;
      found.add(next);
      pending.push(next);
    }
  }
  return [...found].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : a < b ? -1 : 1));
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

const LICENCE_FILE = /^(licen[cs]e|copying|notice)(-mit)?(\.(md|txt))?$/i;

/** A statement of copyright, as opposed to a sentence of the licence about copyright. */
const STATEMENT = /^\W*copyright\b(.*(\(c\)|©|\d{4}|authors|contributors)|\s+\S+\s+\S+\s+<)/i;

/** Statements of copyright in the licence files of a package; empty where it has none. */
function copyrightOf(path: string): string[] {
  if (!existsSync(path)) throw new Error(`${path} is not installed: run npm ci.`);
  const files = readdirSync(path).filter((file) => LICENCE_FILE.test(file));
  const lines = files.sort().flatMap((file) => readFileSync(join(path, file), 'utf8').split(/\r?\n/));
  const statements = lines
    .map((line) => line.trim())
    .filter((line) => STATEMENT.test(line) && !/\[(yyyy|year)\]/i.test(line));
  return [...new Set(statements.map((line) => line.replaceAll('|', '\\|').replaceAll(/[<>*]/g, '')))];
}

function row(path: string): string {
  const { version, license = 'not stated' } = packages[path] as LockedPackage;
  return `| ${nameOf(path)} | ${version} | ${license} | ${copyrightOf(path).join('<br>') || 'no statement in the package'} |`;
}

const page = `<!-- Written by scripts/generate-notices.ts. Do not edit. -->
# Third-party notices

whylight is licensed under the Apache License 2.0 ([LICENSE](LICENSE)). The published package depends on these packages,
which npm installs with their own licence texts. It contains files of onnxruntime-web, and code of inversify,
reflect-metadata and oniguruma-to-es with its parts, below \`dist/vendor\`; the pages contain preact, its signals and its
renderer. A bundle made of whylight, such as the Worker, contains code of some of them. onnxruntime-web and
onnxruntime-node, which is optional, are licensed under MIT by Microsoft Corporation.

| Package | Version | Licence | Copyright, as its licence file states it |
| --- | --- | --- | --- |
${runtimePaths().map(row).join('\n')}

The WebAssembly of \`@cwasm/jpeg-turbo\` is libjpeg-turbo (BSD 3-clause and the IJG licence; this software is based in
part on the work of the Independent JPEG Group), that of \`@cwasm/webp\` is libwebp (BSD 3-clause, Google), and that of
\`@jsquash/png\` is the \`png\` crate (MIT or Apache 2.0).

Models and images that come with the project, with their sources and licences: \`models/*/README.md\` and
\`examples/photos/ORIGIN.md\`.
`;

if (process.argv.includes('--check')) {
  if (!existsSync(FILE) || readFileSync(FILE, 'utf8') !== page) {
    console.error(`${FILE} is outdated: run node scripts/generate-notices.ts.`);
    process.exitCode = 1;
  }
} else {
  writeFileSync(FILE, page);
}
