/** Files of the page and of the documents, as a process serves them. */
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Services } from '../edge/services.ts';
import { exists } from './files.ts';
import type { OwnModelFiles } from './own-model-files.ts';

type Pages = NonNullable<Services['pages']>;

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.wasm': 'application/wasm',
};

/** Folder of the model that the page opens, in paths. */
const OWN = '/playground/own/';

/** Places of the files below a program's folder: in a clone after `npm run setup`, and in the package. */
const PLACES = ['generated/assets', 'dist'];
/** WebAssembly build of the engine in the package; the page's files are packed without it, and without that for WebGPU. */
const PACKAGED_ENGINE = 'dist/vendor/onnxruntime-web/ort-wasm-simd-threaded.wasm';

/**
 * Makes the reader of the page's files.
 * @param root folder of the program
 * @param own model that the page opens
 * @returns answers by path: the file, or 404
 */
export function filePages(root: string, own?: OwnModelFiles): Pages {
  const find = async (path: string): Promise<Response> => {
    const name = path.endsWith('/') ? `${path}index.html` : path;
    if (name.split('/').includes('..')) return missing();
    if (own && path.startsWith(OWN)) return ownFile(own, path.slice(OWN.length));
    for (const file of placesOf(root, name)) if (await exists(file)) return fileAnswer(file);
    return missing();
  };
  return async (path) => {
    const name = decoded(path);
    return name === undefined ? missing() : find(name);
  };
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    // Not the address of any file.
    return undefined;
  }
}

/** Paths that a file may have; the documents have pages without their extension in links. */
const placesOf = (root: string, name: string): string[] => [
  ...PLACES.map((place) => join(root, place, extname(name) === '' ? `${name}.html` : name)),
  ...(/\/ort-wasm-simd-threaded-[^./]*\.wasm$/.test(name) ? [join(root, PACKAGED_ENGINE)] : []),
];

async function ownFile({ root, paths }: OwnModelFiles, path: string): Promise<Response> {
  if (path === 'index.json') return Response.json(paths);
  return paths.includes(path) ? fileAnswer(join(root, path)) : missing();
}

const missing = (): Response => new Response(null, { status: 404 });

async function fileAnswer(file: string): Promise<Response> {
  const type = MEDIA_TYPES[extname(file).toLowerCase()] ?? 'application/octet-stream';
  return new Response(await readFile(file), { headers: { 'Content-Type': type } });
}
