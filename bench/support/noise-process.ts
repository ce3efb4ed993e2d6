/**
 * The noisy tenant as a process, so that the models that it makes do not delay other clients: told `start` and `stop`, it
 * answers the second with {@link Answers} when what was sent has been answered.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Noise, type NoiseOptions } from './noise.ts';

/** Arguments of the process, as JSON. */
export type NoiseArguments = Omit<NoiseOptions, 'model' | 'image'>;

/** Answers so far, by kind and status. */
export type Answers = readonly (readonly [name: string, count: number])[];

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const noise = new Noise({
  ...(JSON.parse(process.argv[2] as string) as NoiseArguments),
  model: new Uint8Array(readFileSync(join(ROOT, 'models/cifar10/model.onnx'))),
  image: readFileSync(join(ROOT, 'examples/photos/cat.jpg')),
});

process.on('message', async (message) => {
  if (message === 'start') noise.start();
  if (message !== 'stop') return;
  await noise.stop();
  process.send?.([...noise.answers]);
});
