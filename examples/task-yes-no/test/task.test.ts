import { GraphBuilder } from 'whylight/compiler';
import { float32 } from 'whylight/plugin';
import { openGraph, testTask } from 'whylight/testing';
import task from '../src/index.ts';

const g = GraphBuilder.empty('sum');
const sum = g.reduce('ReduceSum', g.input('x', 'float32', ['N', 4]), [1], true);
const { description } = await openGraph(g.build([g.named(sum, 'logit')]));
const outputs = (logit: number) => ({ logit: float32([1, 1], [logit]) });

testTask(task, [
  { name: 'yes', outputs: outputs(2), context: { description } },
  { name: 'no', outputs: outputs(-3), context: { description } },
]);

// What the example does: replace this part with yours. The contract above stays.
describe('yes and no', () => {
  it('have probabilities above one half', () => {
    expect(task.read(outputs(2), { description })).toMatchObject([
      { label: 'yes', probability: expect.closeTo(0.881, 3) },
    ]);
    expect(task.read(outputs(-2), { description })).toMatchObject([
      { label: 'no', probability: expect.closeTo(0.881, 3) },
    ]);
  });

  it('are the only answers that can be asked for', () => {
    expect(() => task.target({ label: 'perhaps' }, outputs(1), { description })).toThrow('"yes" or "no"');
  });
});
