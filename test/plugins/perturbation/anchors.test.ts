/** Anchors of models whose rules are known. */
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import anchors from '../../../src/plugins/perturbation/anchors.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

const explainer = explainerOf([anchors]);

/** Class 1 where `weights x > bias`, else class 0. */
function linear(weights: readonly number[], bias: number) {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', weights.length]);
  const score = g.sub(g.op('MatMul', [x, g.constant('float32', [weights.length, 1], [...weights])]), g.scalar(bias));
  return openGraph(g.build([g.named(g.op('Concat', [g.op('Neg', [score]), score], { axis: 1 }), 'y')]), {
    labels: ['no', 'yes'],
  });
}

const table = float32([200, 3], new Random(5).uniform(600));

describe('anchors of a table', () => {
  it('name the one column that decides, with an interval between quantiles', async () => {
    const { rows } = await explainer.explain(await linear([0, 1, 0], 0.5), {
      method: 'anchors',
      inputs: { x: float32([1, 3], [0.1, 0.9, 0.4]) },
      baselines: { x: table },
    });
    const [row] = rows;
    expect(row?.text).toMatch(
      /^IF x\[1\] > 0\.\d+ THEN yes \(precision 1\.00, coverage 0\.25; 0\.\d\d without conditions\)\.$/,
    );
    const [first, second, third] = row?.values.x?.data ?? [];
    expect([first, third]).toEqual([0, 0]);
    // From about one half to certainty.
    expect(second).toBeGreaterThan(0.3);
  });

  it('name both columns where neither decides alone', async () => {
    const { rows } = await explainer.explain(await linear([1, 0, 1], 1.3), {
      method: 'anchors',
      inputs: { x: float32([1, 3], [0.95, 0.2, 0.97]) },
      baselines: { x: table },
    });
    expect(rows[0]?.text).toMatch(/^IF x\[[02]\] > 0\.\d+ AND x\[[02]\] > 0\.\d+ THEN yes/);
    expect(rows[0]?.values.x?.data[1]).toBe(0);
  });

  it('need no condition where the model always answers alike', async () => {
    const { rows } = await explainer.explain(await linear([0, 0, 0], -1), {
      method: 'anchors',
      inputs: { x: float32([1, 3]) },
      baselines: { x: table },
    });
    expect(rows[0]?.text).toBe('Always yes: no condition is needed (precision 1.00, coverage 1.00).');
  });

  it('say that no rule was found when rows or conditions do not suffice', async () => {
    const { rows } = await explainer.explain(await linear([1, 0, 1], 1.3), {
      method: 'anchors',
      params: { max_conditions: 1 },
      inputs: { x: float32([1, 3], [0.95, 0.2, 0.97]) },
      baselines: { x: table },
    });
    expect(rows[0]?.text).toContain('No rule of at most 1 conditions was found to have the precision 0.95.');
  });
});

describe('anchors over one baseline', () => {
  it('keep the features that the answer needs', async () => {
    const { rows, samples } = await explainer.explain(await linear([0, 2, 1, 0], 1), {
      method: 'anchors',
      inputs: { x: float32([1, 4], [1, 1, 1, 1]) },
    });
    expect(rows[0]?.text).toMatch(/^IF x\[1\] THEN yes \(precision 1\.00, coverage 0\.50/);
    expect(samples.forwards).toBeLessThan(5000);
  });

  it('depend on the seed alone', async () => {
    const model = await linear([1, 2, 1, 0], 2);
    const run = async (seed: number) => {
      const { rows } = await explainer.explain(model, {
        method: 'anchors',
        seed,
        inputs: { x: float32([1, 4], [1, 1, 1, 1]) },
      });
      return [rows[0]?.text, rows[0]?.values.x?.data];
    };
    expect(await run(1)).toEqual(await run(1));
  });
});

it('anchors refuse a model without classes', async () => {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 3]);
  const model = await openGraph(g.build([g.named(g.reduce('ReduceSum', x, [1]), 'price')]), { task: 'regression' });
  const run = explainer.explain(model, { method: 'anchors', inputs: { x: float32([1, 3]) } });
  await expect(run).rejects.toMatchObject({
    code: 'unprocessable_method',
    message: expect.stringContaining('no classes'),
  });
});
