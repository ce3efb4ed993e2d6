/** Detection of objects as tasks: boxes, turned boxes, boxes with masks, boxes with key points. */
import type { Task } from '../../core/task/task.ts';
import { factsOf } from '../facts.ts';
import { chooseBox } from './choose.ts';
import type { DetectionFormat } from './format.ts';
import { recogniseDetector } from './formats.ts';
import { chooseKeypoint, keypointTarget } from './keypoint.ts';
import { predictionOf } from './read.ts';
import { search } from './search.ts';
import { targetOf } from './target.ts';

export type DetectionKind = 'object_detection' | 'oriented_detection' | 'instance_segmentation' | 'pose';

/** A task for the detectors whose boxes come with what `kind` says. */
export const defineDetection = (id: DetectionKind, title: string, summary: string): Task => ({
  apiVersion: 1,
  id,
  about: { title, summary },
  hasPlaces: true,
  hasKeypoints: true,
  recogniseShapes(facts) {
    const recognised = recogniseDetector(facts);
    return recognised && kindOf(recognised.format) === id ? recognised.evidence : 0;
  },
  recognise(description, metadata) {
    const recognised = recogniseDetector(factsOf(description, metadata));
    return recognised && kindOf(recognised.format) === id ? recognised.evidence : 0;
  },
  fits(description, metadata) {
    const recognised = recogniseDetector(factsOf(description, metadata));
    return recognised !== undefined && (id === 'object_detection' || kindOf(recognised.format) === id);
  },
  read(outputs, context) {
    const all = search(outputs, context);
    return all.found.map((found) => predictionOf(found, all));
  },
  target(choice, outputs, context) {
    const all = search(outputs, context);
    const found = chooseBox(choice, all);
    const point = chooseKeypoint(choice, found, all, context);
    if (point !== undefined) return keypointTarget(found, point, all, context);
    return targetOf(found, all, outputs, context.boxScore);
  },
});

/** The kind of a detector, by what comes with its boxes. */
export function kindOf(format: DetectionFormat): DetectionKind {
  const { extras } = format as { extras?: string | { readonly kind: string } };
  const kind = typeof extras === 'string' ? extras : extras?.kind;
  if (kind === 'masks') return 'instance_segmentation';
  if (kind === 'angle') return 'oriented_detection';
  return kind === 'keypoints' ? 'pose' : 'object_detection';
}
