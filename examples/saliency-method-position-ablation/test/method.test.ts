import { createExplainer } from 'whylight';
import { imageGraph, imageTensor, openGraph, testMethod } from 'whylight/testing';
import method from '../src/index.ts';

testMethod(method);

// What the example does: replace this part with yours. The contract above stays.
describe('position ablation', () => {
  it('has one value for each position of the layer, positive where the layer speaks for the class', async () => {
    const explainer = createExplainer({ methods: [method] });
    const model = await openGraph(imageGraph());
    const [first, second] = await Promise.all(
      [0, 1].map(async (target) => {
        const { rows } = await explainer.explain(model, {
          method: method.id,
          params: { target_layer: 'features' },
          inputs: { image: imageTensor() },
          target,
        });
        return rows[0]?.values.features;
      }),
    );
    expect(first?.dims).toEqual([1, 1, 8, 8]);
    expect(first?.data.some((value: number) => value > 0)).toBe(true);
    expect(first?.data).not.toEqual(second?.data);
  });
});
