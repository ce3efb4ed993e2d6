import { createExplainer } from 'whylight';
import { openGraph, testMethod, vector, vectorGraph } from 'whylight/testing';
import method from '../src/index.ts';

testMethod(method, { params: { n_samples: 20 } });

// What the example does: replace this part with yours. The contract above stays.
describe('antithetic contrast', () => {
  it('is zero for a mask and its complement when the baseline equals the input', async () => {
    const input = vector();
    const explainer = createExplainer({ methods: [method] });
    const model = await openGraph(vectorGraph());
    const { rows } = await explainer.explain(model, {
      method: method.id,
      params: { n_samples: 2 },
      inputs: { x: input },
      baselines: { x: input },
    });
    for (const value of rows[0]?.values.x?.data ?? []) expect(value).toBeCloseTo(0, 5);
  });
});
