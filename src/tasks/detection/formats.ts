/** The formats of detectors, and the choice among them. */
import type { Recognised, TaskDescription } from '../description.ts';
import type { DetectionFormat, FormatReader } from './format.ts';
import { boxesLabelsScores } from './formats/boxes-labels-scores.ts';
import { centerMap } from './formats/center-map.ts';
import { endToEnd } from './formats/end-to-end.ts';
import { nanodet } from './formats/nanodet.ts';
import { scoresAndBoxes } from './formats/scores-and-boxes.ts';
import { yolo } from './formats/yolo.ts';
import { yoloLevels } from './formats/yolo-levels.ts';
import { yunet } from './formats/yunet.ts';

const FORMATS = [yunet, centerMap, endToEnd, boxesLabelsScores, scoresAndBoxes, nanodet, yolo, yoloLevels] as const;

/** The format with the strongest evidence, the earlier of equals; undefined where no format fits. */
export function recogniseDetector(description: TaskDescription): Recognised<DetectionFormat> | undefined {
  return FORMATS.flatMap((format) => format.recognise(description) ?? []).sort((a, b) => b.evidence - a.evidence)[0];
}

/** The reader of a format found before. */
export function readerOf({ id }: DetectionFormat): FormatReader {
  return FORMATS.find((format) => format.id === id) as FormatReader;
}
