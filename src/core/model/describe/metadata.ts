/** Facts in the metadata of an ONNX file, as exporters write them. */
import { parsePreprocessing } from '../../image/preprocess.ts';
import type { FactSource, TaskId } from '../description.ts';
import { namesOf } from './names.ts';
import type { StatedFacts } from './stated-facts.ts';
import { readUltralytics, type UltralyticsMetadata } from './ultralytics.ts';

type Metadata = Readonly<Record<string, string>>;

const TASKS: Readonly<Record<UltralyticsMetadata['task'], TaskId>> = {
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

/** Ultralytics writes task, names, image size and stride. */
function ultralyticsFacts(metadata: Metadata): StatedFacts {
  const known = readUltralytics(metadata);
  if (!known) return {};
  const { names, imageSize: size, final, gray } = known;
  const task = TASKS[known.task];
  return {
    task: { value: task, source: 'metadata:task' },
    ...(names && { labels: { value: names, source: 'metadata:names' } }),
    ...(final && { endToEnd: { value: true, source: 'metadata:end2end' } }),
    ...(size && {
      preprocessing: {
        source: 'metadata:imgsz',
        value: parsePreprocessing({
          size: [...size],
          resize: resizeOf(task, metadata.description),
          background: [114, 114, 114],
          ...(gray && { color: 'gray' }),
        }),
      },
    }),
  };
}

/** Detectors letterbox on grey, except RT-DETR, which stretches; classifiers resize the shorter side and crop. */
function resizeOf(
  task: TaskId,
  description = '',
): { mode: 'exact' | 'fit' | 'shortest_side'; filter?: 'opencv_linear' } {
  if (task === 'classification') return { mode: 'shortest_side' };
  return { mode: /rt-?detr/i.test(description) ? 'exact' : 'fit', filter: 'opencv_linear' };
}

/** Keys under which other exporters keep a list of class names, as JSON or separated by commas. */
const NAME_KEYS = ['classes', 'class_names', 'labels', 'Labels', 'ClassNames'] as const;

function namesFacts(metadata: Metadata): StatedFacts {
  for (const key of NAME_KEYS) {
    const names = Object.hasOwn(metadata, key) ? namesOf(metadata[key]) : undefined;
    if (names) return { labels: { value: names, source: `metadata:${key}` satisfies FactSource } };
  }
  return {};
}
