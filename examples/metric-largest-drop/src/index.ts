import { defineMetric, type Tensor, z } from 'whylight/plugin';

/** The drop of the score where the element with the largest attribution takes another value. */
export default defineMetric({
  id: 'largest_drop',
  about: {
    title: 'Largest Drop',
    summary: 'How much the score falls when the element with the largest attribution is replaced.',
    better: 'higher',
  },
  params: z.object({ value: z.number().default(0).describe('Value that the element gets.') }),
  cost: () => ({ forwards: 1, backwards: 0 }),
  async measure({ row, inputs, params, answers }) {
    const found = Object.entries(row.values).map(([name, { data }]) => ({ name, data, at: largest(data) }));
    const best = found.reduce((a, b) => ((b.data[b.at] ?? 0) > (a.data[a.at] ?? 0) ? b : a));
    const input = inputs[best.name] as Tensor<'float32'> | undefined;
    // A method may explain a layer, whose elements are no inputs.
    const changed = input && { ...input, data: input.data.with(best.at, params.value) };
    const { scores } = await answers(changed ? { ...inputs, [best.name]: changed } : inputs);
    return { score: row.score - (scores[0] ?? 0) };
  },
});

const largest = (data: ArrayLike<number>): number =>
  Array.from(data).reduce((best, value, i, all) => (value > (all[best] ?? 0) ? i : best), 0);
