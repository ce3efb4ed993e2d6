/** Metadata that Ultralytics writes into the ONNX files it exports. */
import { namesOf } from './names.ts';
import { parsePython } from './python-literal.ts';

export interface UltralyticsMetadata {
  readonly task: 'detect' | 'segment' | 'pose' | 'obb' | 'classify';
  /** Names of the classes, in order. */
  readonly names?: readonly string[];
  /** Height and width of the model's input in pixels. */
  readonly imageSize?: readonly [number, number];
  /** The largest stride of the network. */
  readonly stride?: number;
  /** The output holds final boxes: of an end-to-end network, or because suppression was exported along. */
  readonly final: boolean;
  /** Number of key points, and of values for each: 2 (x, y) or 3 (x, y, visibility). */
  readonly keypoints?: readonly [number, number];
  /** Names of the key points, in order, where the classes have the same ones. */
  readonly keypointNames?: readonly string[];
  /** The images have one channel. */
  readonly gray: boolean;
}

const TASKS = ['detect', 'segment', 'pose', 'obb', 'classify'] as const;

/**
 * The metadata in readable form; undefined where the file has none of this kind.
 * @see https://docs.ultralytics.com/modes/export/
 */
export function readUltralytics(metadata: Readonly<Record<string, string>> = {}): UltralyticsMetadata | undefined {
  const task = TASKS.find((known) => known === metadata.task);
  if (task === undefined) return undefined;
  const names = namesOf(metadata.names);
  const imageSize = pairOf(metadata.imgsz);
  const keypoints = pairOf(metadata.kpt_shape);
  const keypointNames = keypointNamesOf(metadata.kpt_names, keypoints?.[0]);
  const stride = Number(metadata.stride ?? Number.NaN);
  return {
    task,
    final: metadata.end2end === 'True' || /'nms':\s*True/.test(metadata.args ?? ''),
    gray: metadata.channels === '1',
    ...(names && { names }),
    ...(imageSize && { imageSize }),
    ...(Number.isFinite(stride) && { stride }),
    ...(keypoints && { keypoints }),
    ...(keypointNames && { keypointNames }),
  };
}

/** Names of `{0: ['nose', ...]}`: a list for each class. */
function keypointNamesOf(text: string | undefined, count: number | undefined): readonly string[] | undefined {
  const value = text === undefined ? undefined : parsePython(text);
  if (typeof value !== 'object' || value === null) return undefined;
  const [first, ...others] = Object.values(value);
  if (!Array.isArray(first) || first.length !== count || !first.every((name) => typeof name === 'string'))
    return undefined;
  return others.every((names) => String(names) === String(first)) ? first : undefined;
}

/** Two positive integers of a list. */
function pairOf(text: string | undefined): readonly [number, number] | undefined {
  const value = text === undefined ? undefined : parsePython(text);
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  return value.every((number) => Number.isInteger(number) && number > 0) ? [value[0], value[1]] : undefined;
}
