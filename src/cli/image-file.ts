/** Image files that are read and written, and the flags of the commands that explain images. */
import type { Image } from '../core/image/image.ts';
import { nodeCodecs } from '../node/codecs.ts';
import { writeBytes } from '../node/files.ts';
import { ENGINE_ARG } from './compose.ts';
import { textFlag } from './flags.ts';
import { MODEL_ARGS, PREPROCESSING_ARGS } from './model-file.ts';

/** Flags that name the target, the model and the engine. */
export const SUBJECT_ARGS = {
  target: textFlag(
    'Index or name of the class, "a - b", box:2 (a prediction by its number), box:x0,y0,x1,y1 or point:x,y (pixels of the image), box:0/keypoint:5, or {"class": "a", "box": [0, 0, 8, 8]} in cells of the output; the first prediction when left out',
    { valueHint: 'class' },
  ),
  scores: textFlag('What is explained: logits, output (as the graph gives it), or any tensor', {
    default: 'logits',
    valueHint: 'tensor',
  }),
  ...MODEL_ARGS,
  ...PREPROCESSING_ARGS,
  seed: textFlag('Seed of methods that draw at random', { default: '0', valueHint: 'n' }),
  engine: ENGINE_ARG,
  param: textFlag('A parameter of the method; --name value does the same', { valueHint: 'name=value' }),
} as const;

/** @throws WhylightError `invalid_request` when the file cannot be written. */
export async function writePng(path: string, image: Image): Promise<void> {
  await writeBytes(path, await nodeCodecs().encodePng(image));
}
