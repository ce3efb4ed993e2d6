import { GraphBuilder } from 'whylight/compiler';
import { modalityContext, openGraph, testModality } from 'whylight/testing';
import modality from '../src/index.ts';

const g = GraphBuilder.empty('bases');
const counts = g.reduce('ReduceSum', g.input('x', 'float32', ['N', 6, 4]), [1], false);
const context = modalityContext(await openGraph(g.build([g.named(counts, 'counts')])));
const bytesOf = (text: string) => new TextEncoder().encode(text);

testModality(
  modality,
  [
    { name: 'a strand', mediaType: 'text/plain', bytes: bytesOf('ACGTAC'), context: () => context },
    { name: 'two strands', mediaType: 'text/plain', bytes: bytesOf('acgtac\nTTTTTT\n'), context: () => context },
  ],
  { describe, it },
);

// What the example does: replace this part with yours. The contract above stays.
describe('a strand', () => {
  it('becomes one row of ones and zeros', async () => {
    const { inputs } = await modality.prepare(['AC', 'GT'], { ...context, inputs: [] });
    expect([...(inputs.x?.data ?? [])].map(Number)).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
  });

  it('of another length than the model takes is refused', () => {
    expect(() => modality.prepare(['ACG'], context)).toThrow('strands of 6 bases');
  });
});
