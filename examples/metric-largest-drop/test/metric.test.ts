import { testMetric } from 'whylight/testing';
import metric from '../src/index.ts';

testMetric(metric);

// What the example does: replace this part with yours. The contract above stays.
describe('the drop', () => {
  it('is the difference of the two scores', async () => {
    const values = { x: { dtype: 'float32', dims: [1, 3], data: Float32Array.of(1, 5, 2) } } as const;
    const { score } = await metric.measure({
      row: { values, score: 10 },
      inputs: values,
      params: { value: 0 },
      answers: async (rows: typeof values) => ({ scores: [rows.x.data[1] === 0 ? 4 : 10] }),
    } as never);
    expect(score).toBe(6);
  });
});
