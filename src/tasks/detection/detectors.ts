/** Kinds of detectors: boxes, turned boxes, boxes with masks, boxes with key points, and how models are recognised as such. */
import type { TaskRecogniser } from '../../core/task/task.ts';
import { factsOf } from '../facts.ts';
import type { DetectionFormat } from './format.ts';
import { recogniseDetector } from './formats.ts';

export type DetectionKind = 'object_detection' | 'oriented_detection' | 'instance_segmentation' | 'pose';

/** Makes the recogniser of the detectors whose boxes come with what `kind` says. */
const detector = (id: DetectionKind, title: string, summary: string): TaskRecogniser => ({
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
});

/** The kind of a detector, by what comes with its boxes. */
function kindOf(format: DetectionFormat): DetectionKind {
  const { extras } = format as { extras?: string | { readonly kind: string } };
  const kind = typeof extras === 'string' ? extras : extras?.kind;
  if (kind === 'masks') return 'instance_segmentation';
  if (kind === 'angle') return 'oriented_detection';
  return kind === 'keypoints' ? 'pose' : 'object_detection';
}

/** In the order of the tasks that come with whylight: the earlier of equals is taken. */
export const DETECTORS = {
  objectDetection: detector('object_detection', 'Object detection', 'Boxes with a class and a confidence.'),
  orientedDetection: detector('oriented_detection', 'Oriented detection', 'Boxes that are turned by an angle.'),
  instanceSegmentation: detector(
    'instance_segmentation',
    'Instance segmentation',
    'Boxes with the mask of the object inside.',
  ),
  pose: detector('pose', 'Pose', 'Boxes with key points, such as the joints of a person.'),
} as const satisfies Readonly<Record<string, TaskRecogniser>>;
