/**
 * Metadata that Ultralytics writes into the ONNX files it exports.
 * @see https://docs.ultralytics.com/modes/export
 */

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
}

const TASKS = ['detect', 'segment', 'pose', 'obb', 'classify'] as const;

/** The metadata in readable form; undefined where the file has none of this kind. */
export function readUltralytics(metadata: Readonly<Record<string, string>> = {}): UltralyticsMetadata | undefined {
  const task = TASKS.find((known) => known === metadata.task);
  if (task === undefined || metadata.stride === undefined) return undefined;
  const names = metadata.names === undefined ? undefined : readNames(metadata.names);
  const size = integers(metadata.imgsz);
  const keypoints = integers(metadata.kpt_shape);
  const stride = Number(metadata.stride);
  return {
    task,
    final: metadata.end2end === 'True' || /'nms':\s*True/.test(metadata.args ?? ''),
    ...(names && { names }),
    ...(size.length === 2 && { imageSize: [size[0] as number, size[1] as number] as const }),
    ...(Number.isFinite(stride) && { stride }),
    ...(keypoints.length === 2 && { keypoints: [keypoints[0] as number, keypoints[1] as number] as const }),
  };
}

const integers = (text = ''): number[] => (text.match(/\d+/g) ?? []).map(Number);

/**
 * Class names of a Python literal, `{0: 'person', 1: "driver's seat"}` or `['person', 'car']`; undefined where it is
 * neither.
 */
export function readNames(text: string): string[] | undefined {
  const entry = /(?:(\d+)\s*:\s*)?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")/g;
  const names: string[] = [];
  for (const [, index, literal] of text.matchAll(entry)) {
    names[index === undefined ? names.length : Number(index)] = unquote(literal as string);
  }
  return names.length > 0 && Object.keys(names).length === names.length ? names : undefined;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

function unquote(literal: string): string {
  return literal
    .slice(1, -1)
    .replace(/\\(?:x([\da-f]{2})|u([\da-f]{4})|(.))/gis, (_, byte, unit, character: string | undefined) =>
      character === undefined
        ? String.fromCharCode(Number.parseInt(byte ?? unit, 16))
        : (ESCAPES[character] ?? character),
    );
}
