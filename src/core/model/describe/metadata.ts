/** Facts in the metadata of an ONNX file, as exporters write them. */
import { parsePreprocessing } from '../../image/preprocess.ts';
import type { FactSource, TaskId } from '../description.ts';
import type { StatedFacts } from './stated-facts.ts';

type Metadata = Readonly<Record<string, string>>;

const TASKS: Readonly<Record<string, TaskId>> = {
  detect: 'object_detection',
  segment: 'instance_segmentation',
  pose: 'pose',
  obb: 'oriented_detection',
  classify: 'classification',
};

/** @returns facts of every known exporter whose keys the metadata holds */
export function metadataFacts(metadata: Metadata): StatedFacts {
  return { ...namesFacts(metadata), ...ultralyticsFacts(metadata) };
}

/**
 * Ultralytics writes task, names, image size and stride.
 * @see https://docs.ultralytics.com/modes/export/
 */
function ultralyticsFacts(metadata: Metadata): StatedFacts {
  const task = Object.hasOwn(metadata, 'task') ? TASKS[metadata.task as string] : undefined;
  if (task === undefined) return {};
  const names = namesOf(metadata.names);
  const size = numbersOf(metadata.imgsz);
  return {
    task: { value: task, source: 'metadata:task' },
    ...(names && { labels: { value: names, source: 'metadata:names' } }),
    ...(suppresses(metadata) && { endToEnd: { value: true, source: 'metadata:end2end' } }),
    ...(size.length === 2 && {
      preprocessing: {
        source: 'metadata:imgsz',
        value: parsePreprocessing({
          size,
          // Detectors letterbox on grey; classifiers resize the shorter side and crop.
          resize: task === 'classification' ? { mode: 'shortest_side' } : { mode: 'fit', filter: 'opencv_linear' },
          background: [114, 114, 114],
          ...(metadata.channels === '1' && { color: 'gray' }),
        }),
      },
    }),
  };
}

/** Suppression is part of the graph: `end2end`, or `nms` among the arguments of the export. */
const suppresses = ({ end2end = '', args = '' }: Metadata): boolean => end2end === 'True' || /'nms':\s*True/.test(args);

/** Keys under which other exporters keep a list of class names, as JSON or separated by commas. */
const NAME_KEYS = ['classes', 'class_names', 'labels', 'Labels', 'ClassNames'] as const;

function namesFacts(metadata: Metadata): StatedFacts {
  for (const key of NAME_KEYS) {
    const names = Object.hasOwn(metadata, key) ? namesOf(metadata[key]) : undefined;
    if (names) return { labels: { value: names, source: `metadata:${key}` satisfies FactSource } };
  }
  return {};
}

/**
 * A list of names as JSON, as a Python list or dict (`{0: 'cat', 1: 'dog'}`), or separated by commas.
 * @returns undefined where the text is none of these, or a dict has gaps
 */
export function namesOf(text: string | undefined): string[] | undefined {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '') return undefined;
  if (!/^[{[]/.test(trimmed)) {
    const names = trimmed.split(',').map((name) => name.trim());
    return names.length > 1 ? names : undefined;
  }
  const value = parsePython(trimmed);
  if (Array.isArray(value)) return value.every((name) => typeof name === 'string') ? value : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  const entries = Object.entries(value);
  const names: string[] = [];
  for (const [key, name] of entries) names[Number(key)] = String(name);
  return names.length === entries.length && entries.length > 0 && !names.includes(undefined as never)
    ? names
    : undefined;
}

function numbersOf(text: string | undefined): number[] {
  const value = text === undefined ? undefined : parsePython(text);
  return Array.isArray(value) && value.every((number) => Number.isInteger(number) && number > 0) ? value : [];
}

/** A literal of Python (numbers, strings, lists, dicts) or JSON; undefined when it is neither. */
function parsePython(text: string): unknown {
  const json = text.replace(
    /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|\bTrue\b|\bFalse\b|\bNone\b|(?<=[{,]\s*)(-?\d+)(?=\s*:)/g,
    (match, single?: string, double?: string, key?: string) => {
      if (single !== undefined) return JSON.stringify(single.replaceAll(/\\(['"\\])/g, '$1'));
      if (double !== undefined) return JSON.stringify(double.replaceAll(/\\(['"\\])/g, '$1'));
      if (key !== undefined) return `"${key}"`;
      return match === 'True' ? 'true' : match === 'False' ? 'false' : 'null';
    },
  );
  try {
    return JSON.parse(json.replaceAll('(', '[').replaceAll(')', ']'));
  } catch {
    return undefined;
  }
}
