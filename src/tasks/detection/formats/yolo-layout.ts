/** Layout of a dense YOLO output `[N, channels, candidates]` or its transpose, from shapes, labels and metadata. */

import { readUltralytics, type UltralyticsMetadata } from '../../../core/model/describe/ultralytics.ts';
import { imageSize, type TaskDescription, type TensorFact } from '../../description.ts';
import { pyramidOf } from '../grid.ts';

/** Meaning of the channels behind the class scores. */
export type Extras =
  | { readonly kind: 'masks'; readonly count: number }
  | { readonly kind: 'keypoints'; readonly points: number; readonly values: number }
  | { readonly kind: 'angle' };

export interface YoloLayout {
  readonly evidence: number;
  /** Axis of the output that holds box, objectness, classes and extras: 1 or 2. */
  readonly channelAxis: 1 | 2;
  readonly classes: number;
  readonly objectness: boolean;
  readonly extras?: Extras;
  readonly doubts: readonly string[];
}

const COCO_CLASSES = 80;

/** Channels of the extras. */
export function extraChannels(extras: Extras | undefined): number {
  if (!extras) return 0;
  if (extras.kind === 'masks') return extras.count;
  return extras.kind === 'angle' ? 1 : extras.points * extras.values;
}

/** The layout; undefined where the shape speaks against it or leaves too much open. */
export function yoloLayout(
  description: TaskDescription,
  output: TensorFact,
  prototypes: TensorFact | undefined,
): YoloLayout | undefined {
  const metadata = readUltralytics(description.metadata);
  const extras = extrasOf(metadata, prototypes);
  const labels = metadata?.names ?? description.labels;
  const size = description.inputs.map(imageSize).find((found) => found !== undefined);
  const base = { ...(extras && { extras }), doubts: [] };
  if (labels) {
    const layout = byClasses(output, labels.length, extraChannels(extras));
    if (layout) return { ...base, ...layout, evidence: metadata ? 1 : 0.9 };
    // Files for any image size may leave both dims open: what Ultralytics writes has the channels first.
    if (metadata && output.shape.slice(1).every((dim) => typeof dim !== 'number')) {
      return { ...base, channelAxis: 1, classes: labels.length, objectness: false, evidence: 1 };
    }
  }
  return labels ? undefined : byShape(output, size, base);
}

function extrasOf(metadata: UltralyticsMetadata | undefined, prototypes: TensorFact | undefined): Extras | undefined {
  const count = prototypes?.shape[1];
  if (typeof count === 'number' && metadata?.task !== 'pose') return { kind: 'masks', count };
  if (metadata?.task === 'obb') return { kind: 'angle' };
  if (metadata?.keypoints) return { kind: 'keypoints', points: metadata.keypoints[0], values: metadata.keypoints[1] };
  return undefined;
}

type Choice = Pick<YoloLayout, 'channelAxis' | 'classes' | 'objectness'>;

/** The axis that is as long as the box, the classes and the extras together; the shorter where both are. */
function byClasses({ shape }: TensorFact, classes: number, extra: number): Choice | undefined {
  const fits = ([1, 2] as const).flatMap((channelAxis): Choice[] => {
    if (shape[channelAxis] === 4 + classes + extra) return [{ channelAxis, classes, objectness: false }];
    if (shape[channelAxis] === 5 + classes + extra) return [{ channelAxis, classes, objectness: true }];
    return [];
  });
  return fits.sort((a, b) => Number(shape[a.channelAxis]) - Number(shape[b.channelAxis]))[0];
}

/** Without class names: the number of candidates must be that of a pyramid, or the channels those of COCO. */
function byShape(
  { shape }: TensorFact,
  size: ReturnType<typeof imageSize>,
  base: Pick<YoloLayout, 'extras' | 'doubts'>,
): YoloLayout | undefined {
  const extra = extraChannels(base.extras);
  for (const channelAxis of [1, 2] as const) {
    const [channels, candidates] = [shape[channelAxis], shape[3 - channelAxis]];
    if (typeof channels !== 'number' || channels < 5 + extra) continue;
    const own = channels - extra;
    const pyramid = size && typeof candidates === 'number' ? pyramidOf(size, candidates) : undefined;
    const coco = own === 4 + COCO_CLASSES || own === 5 + COCO_CLASSES;
    if (!pyramid && !(coco && size)) continue;
    const objectness = coco ? own === 5 + COCO_CLASSES : pyramid?.each === 3 || channelAxis === 2;
    const classes = own - (objectness ? 5 : 4);
    if (classes < 1) continue;
    const doubt = `The ${channels} channels of the output are read as ${objectness ? 'box, objectness' : 'box'} and ${classes} classes: name the classes to settle it.`;
    const doubts = coco ? [] : [doubt];
    return { ...base, channelAxis, classes, objectness, evidence: pyramid ? (coco ? 0.8 : 0.6) : 0.5, doubts };
  }
  return undefined;
}
