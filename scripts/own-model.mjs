/** A model of the user among the files of the page, for `npm start -- --model`. Runs on the Node of the machine. */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';

const FOLDER = 'generated/assets/playground/own';
/** Largest file that workerd serves as a static asset, in bytes. */
const MAX_BYTES = 25 * 2 ** 20;
const MAX_FILES = 64;
/** Files of a folder that a model may refer to; workerd does not serve notes on its training, see `models/.assetsignore`. */
const OF_MODEL = /(^|[\\/])(?!training\.json$)[^\\/]+\.(onnx|data|bin|json|txt|csv|model)$/i;
/** Files beside a single ONNX file that belong to it: weights, class names, tokenizer, manifest. */
const BESIDE = /\.(data|bin|json|txt)$/i;

/** Takes the files away again. */
export const removeOwnModel = () => rmSync(FOLDER, { recursive: true, force: true });

/**
 * Copies a model to where the page finds it.
 * @returns the fragment of the address that opens it
 * @throws Error for a path without a model, and for files that are too large
 */
export function serveOwnModel(path) {
  if (!existsSync(path)) throw new Error(`there is no ${path}. --model takes an ONNX file or a folder of a model.`);
  const isFolder = statSync(path).isDirectory();
  const root = isFolder ? path : dirname(path);
  const found = isFolder ? filesOf(path) : [basename(path), ...besideOf(path)];
  if (!found.some((file) => /\.onnx$/i.test(file))) {
    throw new Error(`${path} holds no .onnx file. --model takes an ONNX file or a folder of a model.`);
  }
  if (found.length > MAX_FILES) {
    throw new Error(`${path} holds ${found.length} files, more than ${MAX_FILES}. Give a folder of the model alone.`);
  }
  const large = found.find((file) => statSync(join(root, file)).size > MAX_BYTES);
  if (large !== undefined) {
    throw new Error(`${large} is above 25 MiB, which workerd does not serve. Open it by the button of the page.`);
  }
  removeOwnModel();
  for (const file of found) {
    mkdirSync(dirname(join(FOLDER, file)), { recursive: true });
    cpSync(join(root, file), join(FOLDER, file));
  }
  writeFileSync(join(FOLDER, 'index.json'), JSON.stringify(found.map((file) => file.split(sep).join('/'))));
  return encodeURIComponent(JSON.stringify({ own: true }));
}

/** Files of a folder that belong to its model, by path; hidden ones are left out. */
const filesOf = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
    .filter((file) => OF_MODEL.test(file) && !file.split(sep).some((part) => part.startsWith('.')));

/** Files beside an ONNX file with its name, and those that hold class names. */
function besideOf(path) {
  const name = basename(path).replace(/\.onnx$/i, '');
  return readdirSync(dirname(path)).filter(
    (file) => BESIDE.test(file) && (file.startsWith(name) || /label|classes|names|synset/i.test(file)),
  );
}
