import { expect, it } from 'vitest';
import { onnxruntimeNode } from '../../src/node/onnxruntime-node.ts';
import { imageGraph, openGraph, tokenGraph } from '../../src/testing/models.ts';
import { calibrate } from '../../src/tools/calibrate.ts';

/** A clock that goes on by a step each time it is read. */
const ticking = (step: number) => {
  let now = 0;
  return () => {
    now += step;
    return now;
  };
};

it.each([
  ['images', imageGraph()],
  ['tokens, differentiated at the embedding', tokenGraph()],
])('calibrate measures the time of a row in a batch: %s', async (_, graph) => {
  const seen: number[] = [];
  const options = { batch: 4, rounds: 3, clock: ticking(8), progress: (done: number) => seen.push(done) };
  expect(await calibrate(await openGraph(graph), onnxruntimeNode(), options)).toEqual({
    forward: 2,
    backward: 2,
    batch: 4,
  });
  expect(seen).toEqual([1, 2, 3, 4, 5]);
});

it('calibrate keeps the fixed batch of a model', async () => {
  const model = await openGraph(imageGraph({ batch: 1 }));
  expect((await calibrate(model, onnxruntimeNode(), { batch: 4, rounds: 1 })).batch).toBe(1);
});
