/** The model of everyday things that is shipped, on the sample photos that are shipped. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Session } from '../../src/core/engine/engine.ts';
import { preprocess } from '../../src/core/image/preprocess.ts';
import { Model } from '../../src/core/model/model.ts';
import { nodeCodecs } from '../../src/node/codecs.ts';
import { folderModels } from '../../src/node/model-folders.ts';
import { onnxruntimeNode } from '../../src/node/onnxruntime-node.ts';

const codecs = nodeCodecs();
let model: Model;
let labels: readonly string[];
let session: Session;

beforeAll(async () => {
  const source = await folderModels({ everyday: 'models/everyday' }).open('everyday');
  model = await Model.read(source);
  labels = source.labels ?? [];
  session = await onnxruntimeNode({ threads: 1 }).load({ graph: await readFile('models/everyday/model.onnx') });
});
afterAll(() => session.release());

/** Probabilities of the classes for an image file. */
async function probabilities(path: string): Promise<number[]> {
  const { preprocessing } = model.manifest;
  if (!preprocessing) throw new Error('The manifest of everyday has no preprocessing.');
  const { tensor } = preprocess(await codecs.decode(await readFile(path)), preprocessing);
  const { logits } = await session.run({ input: tensor });
  const exp = Array.from(logits?.data as Float32Array, Math.exp);
  const sum = exp.reduce((a, b) => a + b);
  return exp.map((value) => value / sum);
}

describe('the model "everyday"', () => {
  it('has one output for each label, and at least 80 labels that all differ', async () => {
    const outputs = await probabilities('examples/photos/cat.jpg');
    expect(outputs).toHaveLength(labels.length);
    expect(new Set(labels).size).toBe(labels.length);
    expect(labels.length).toBeGreaterThanOrEqual(80);
  });

  it('states the number of its labels in its description', () => {
    expect(model.manifest.description).toContain(`${labels.length} everyday things`);
  });

  it.each([
    ['cat.jpg', 'cat'],
    ['tabby.jpg', 'cat'],
    ['coffee.jpg', 'coffee'],
    ['dogs.jpg', 'dog'],
    ['bird.jpg', 'bird'],
    ['bird-on-rail.jpg', 'bird'],
    ['rocket.jpg', 'rocket'],
  ])('names examples/photos/%s as %s', async (file, name) => {
    const outputs = await probabilities(`examples/photos/${file}`);
    expect(labels[outputs.indexOf(Math.max(...outputs))]).toBe(name);
  });
});
