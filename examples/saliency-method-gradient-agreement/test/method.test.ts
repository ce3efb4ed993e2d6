import { createExplainer } from 'whylight';
import { openGraph, testMethod, vector, vectorGraph } from 'whylight/testing';
import method from '../src/index.ts';

testMethod(method);

// What the example does: replace this part with yours. The contract above stays.
describe('gradient agreement', () => {
  it('is zero where the input equals the baseline', async () => {
    const input = vector();
    input.data[2] = 0;
    const explainer = createExplainer({ methods: [method] });
    const model = await openGraph(vectorGraph());
    const { rows } = await explainer.explain(model, {
      method: method.id,
      params: { baseline: 0 },
      inputs: { x: input },
    });
    expect(rows[0]?.values.x?.data[2]).toBeCloseTo(0);
    expect(rows[0]?.values.x?.data[0]).not.toBe(0);
  });
});
