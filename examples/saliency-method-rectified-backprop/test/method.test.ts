import { createExplainer } from 'whylight';
import { imageGraph, imageTensor, openGraph, testMethod } from 'whylight/testing';
import method from '../src/index.ts';

testMethod(method);

// What the example does: replace this part with yours. The contract above stays.
describe('rectified backprop', () => {
  it('passes fewer signals for a higher threshold', async () => {
    const explainer = createExplainer({ methods: [method] });
    const model = await openGraph(imageGraph());
    const size = async (threshold: number) => {
      const { rows } = await explainer.explain(model, {
        method: method.id,
        params: { threshold },
        inputs: { image: imageTensor() },
      });
      return rows[0]?.values.image?.data.filter((value: number) => value !== 0).length ?? 0;
    };
    expect(await size(0.9)).toBeLessThan(await size(0));
  });
});
