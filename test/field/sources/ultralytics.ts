/** Exports of Ultralytics: task, image size, class names and the form of the head, as their metadata state them. */
import type { TaskId } from '../../../src/core/model/description.ts';
import type { ExportReader } from './exports.ts';

interface UltralyticsModel {
  readonly task: string;
  readonly yaml: string;
  readonly arguments: { readonly imgsz: number };
  readonly inputs: Readonly<Record<string, readonly (number | string)[]>>;
  readonly outputs: Readonly<Record<string, readonly (number | string)[]>>;
  readonly metadata_props: Readonly<Record<string, string>>;
}

const TASKS: Readonly<Record<string, TaskId>> = {
  detect: 'object_detection',
  segment: 'instance_segmentation',
  pose: 'pose',
  obb: 'oriented_detection',
  classify: 'classification',
};

export const ultralyticsModel: ExportReader = async (_name, entry) => {
  if (!('metadata_props' in entry && 'yaml' in entry)) return undefined;
  const { task, yaml, inputs, outputs, metadata_props: metadata, ...rest } = entry as unknown as UltralyticsModel;
  const [[input = '', shape = []] = []] = Object.entries(inputs);
  const [[output = '', dims = []] = []] = Object.entries(outputs);
  const size = rest.arguments.imgsz;
  const count = (metadata.names?.match(/\d+:/g) ?? []).length;
  // [N, 4 + classes + ..., anchors], unless suppression or matching has made a list of boxes of it.
  const isRaw = dims.length === 3 && !/[1-9]\d*/.test(lastOfList(dims));
  const right = TASKS[task];
  return {
    family: ['ultralytics', yaml.replace(/\.yaml$/, '').replace(/^(yolo[v]?\d+)[a-z]/, '$1')],
    expected: {
      open: 'yes',
      explain: 'yes',
      inputs: [
        {
          name: input,
          dtype: 'float32',
          shape,
          modality: 'image',
          layout: 'NCHW',
          role: 'explained',
          batch_axis: 0,
          fill: { kind: 'blobs' },
          fill_shape: [1, 3, size, size],
        },
      ],
      output,
      ...(right && { tasks: [right] }),
      ...(right === 'classification' && { class_axis: 1 }),
      ...(right !== 'classification' && { class_axis: isRaw ? 1 : null }),
      ...(right !== 'classification' && { detector: { classes: count, raw: isRaw } }),
    },
  };
};

/** The last extent, where it is the width of a row in a list of boxes. */
function lastOfList(dims: readonly (number | string)[]): string {
  const [, a, b] = dims;
  return typeof b === 'number' && b <= 60 && (typeof a !== 'number' || a > b) ? String(b) : '';
}
