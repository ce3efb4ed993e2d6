/** The tasks that come with whylight, without those of detectors. */
import type { Task } from '../core/task/task.ts';
import classification from './classification/classification.ts';
import multiLabel from './classification/multi-label.ts';
import depth from './regression/depth.ts';
import imageToImage from './regression/image-to-image.ts';
import regression from './regression/regression.ts';
import segmentation from './segmentation/segmentation.ts';
import similarity from './similarity/similarity.ts';
import fillMask from './token/fill-mask.ts';
import nextToken from './token/next-token.ts';
import questionAnswering from './token/question-answering.ts';
import tokenClassification from './token/token-classification.ts';
import values from './values.ts';

export const otherTasks: readonly Task[] = [
  segmentation,
  depth,
  imageToImage,
  classification,
  multiLabel,
  regression,
  tokenClassification,
  questionAnswering,
  nextToken,
  fillMask,
  similarity,
  values,
];
