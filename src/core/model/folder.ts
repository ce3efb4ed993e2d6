/** A model folder as transformers.js and Optimum lay it out: the ONNX file, and what the files beside it state. */
import { WhylightError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { huggingFaceFacts } from './describe/hugging-face.ts';
import type { StatedFacts } from './describe/stated-facts.ts';
import type { ModelFiles } from './model-files.ts';

/** Files of a folder, by paths relative to it with `/` between the parts. */
export interface ModelFolder extends ModelFiles {
  list(): Promise<readonly string[]>;
}

export interface FoundModel {
  /** The ONNX file, relative to the folder. */
  readonly file: string;
  /** Sentences for the user: which of several files is used. */
  readonly notices: readonly string[];
}

/** Endings of the same model in other precisions, as exporters spell them; the first are the most precise. */
const PRECISIONS: readonly RegExp[] = [/_(fp16|bf16)$/, /_(quantized|quant|int8|uint8)$/, /_(q\d\w*|bnb4|int4)$/];

/**
 * The ONNX file of a folder: `onnx/model.onnx`, `model.onnx`, or the only other one. Of several precisions of one model
 * the most precise is used, and the answer says so.
 * @throws WhylightError `model_not_found` where there is none, or where several are different models
 */
export async function findModel(folder: ModelFolder, name: string): Promise<FoundModel> {
  const files = (await folder.list()).filter((path) => /^(onnx\/)?[^/]+\.onnx$/.test(path)).sort(byPreference);
  const [best, next] = files;
  if (best === undefined) {
    throw new WhylightError(
      'model_not_found',
      `The folder ${name} holds no model: looked for manifest.json, onnx/model.onnx, model.onnx and any onnx/*.onnx. ` +
        'Give an ONNX file, or export one into the folder.',
      { folder: name },
    );
  }
  const isNamed = baseOf(best) === 'model';
  if (next !== undefined && !isNamed && rankOf(next) === rankOf(best)) {
    throw new WhylightError(
      'model_not_found',
      `The folder ${name} holds several models: ${files.join(', ')}. Give the file itself.`,
      { folder: name, files },
    );
  }
  const others = files.slice(1);
  if (others.length > 0) return { file: best, notices: [`${best} is used; there is also ${others.join(', ')}.`] };
  return { file: best, notices: rankOf(best) > 0 ? [`${best} is used, the only model of the folder.`] : [] };
}

/**
 * The facts that config.json and preprocessor_config.json state; empty where there are no such files.
 * @throws WhylightError `invalid_config` for a file that is no JSON object
 */
export async function folderFacts(files: ModelFiles): Promise<StatedFacts> {
  const [config, preprocessor] = await Promise.all([
    readObject(files, 'config.json'),
    readObject(files, 'preprocessor_config.json'),
  ]);
  return huggingFaceFacts({ ...(config && { config }), ...(preprocessor && { preprocessor }) });
}

const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1, -'.onnx'.length);

/** 0 for full precision, more for less. */
const rankOf = (path: string): number => PRECISIONS.findIndex((ending) => ending.test(baseOf(path))) + 1;

function byPreference(a: string, b: string): number {
  const isOther = (path: string): number => (baseOf(path) === 'model' ? 0 : 1);
  return isOther(a) - isOther(b) || rankOf(a) - rankOf(b) || b.length - a.length || (a < b ? -1 : 1);
}

async function readObject(files: ModelFiles, path: string): Promise<Record<string, unknown> | undefined> {
  const bytes = await files.read(path);
  if (!bytes) return undefined;
  const json = parseJson(new TextDecoder().decode(bytes), path);
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  throw new WhylightError('invalid_config', `${path} must hold a JSON object. Get the file again.`, { path });
}
