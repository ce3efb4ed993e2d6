/** Image files that are read and written, and the flags of the commands that explain images. */
import type { Image } from '../core/image/image.ts';
import { nodeCodecs } from '../node/codecs.ts';
import { writeBytes } from '../node/files.ts';
import { ENGINE_ARG } from './compose.ts';
import { MODEL_ARGS, PREPROCESSING_ARGS } from './model-file.ts';

/** Flags that name the target, the model and the engine. */
export const SUBJECT_ARGS = {
  target: {
    type: 'string',
    valueHint: 'class',
    description:
      'Index or name of the class, "a - b", box:2 (a prediction by its number), box:x0,y0,x1,y1 or point:x,y (pixels of the image), or {"class": "a", "box": [0, 0, 8, 8]} in cells of the output; the first prediction when left out',
  },
  scores: {
    type: 'string',
    default: 'logits',
    valueHint: 'tensor',
    description: 'What is explained: logits, output (as the graph gives it), or any tensor',
  },
  ...MODEL_ARGS,
  ...PREPROCESSING_ARGS,
  seed: { type: 'string', default: '0', valueHint: 'n', description: 'Seed of methods that draw at random' },
  engine: ENGINE_ARG,
  param: {
    type: 'string',
    valueHint: 'name=value',
    description: 'A parameter of the method; --name value does the same',
  },
} as const;

/** @throws WhylightError `invalid_request` when the file cannot be written. */
export async function writePng(path: string, image: Image): Promise<void> {
  await writeBytes(path, await nodeCodecs().encodePng(image));
}
