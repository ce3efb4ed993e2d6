/** TreeSHAP through the explainer, on models whose answers can be worked out by hand. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import type { ExplainedRow } from '../../../src/core/explainer/explanation.ts';
import { floats, ints, string } from '../../../src/core/onnx/attributes.ts';
import { makeConstant } from '../../../src/core/onnx/constant.ts';
import type { Attribute, Graph, Node, ValueInfo } from '../../../src/core/onnx/graph.ts';
import { float32, tensor } from '../../../src/core/tensor/tensor.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { classifier, graphOf, leaf, regressor, split } from '../../core/trees/ensembles.ts';
import { BACKGROUND, INTERVENTIONAL, IRIS_TREE, PATH_DEPENDENT, ROWS } from '../../core/trees/iris.ts';
import { explainerOf } from '../../support/classifiers.ts';

const explainer = explainerOf(plugins.map(({ method }) => method));
const MANIFEST = { output: 'scores' };

/** 10 where both columns are above 1, else 0; of 10 training rows 4 and then 1 went up. */
const AND = [split(0, 1, leaf(0, 6), split(1, 1, leaf(0, 3), leaf(10, 1), { count: 4 }), { count: 10 })];
const UNCOUNTED = [split(0, 1, leaf(0), split(1, 1, leaf(0), leaf(10)))];

async function explain(
  graph: Graph,
  request: {
    readonly x: readonly number[];
    readonly baselines?: readonly (readonly number[])[];
    readonly target?: number;
    readonly params?: Record<string, unknown>;
  },
): Promise<ExplainedRow & { readonly list: number[] }> {
  const model = await openGraph(graph, MANIFEST);
  const { x, baselines, target, params } = request;
  const [row] = (
    await explainer.explain(model, {
      method: 'tree_shap',
      inputs: { x: float32([1, x.length], x) },
      ...(baselines && { baselines: { x: float32([baselines.length, x.length], baselines.flat()) } }),
      ...(target !== undefined && { target }),
      ...(params && { params }),
    })
  ).rows;
  return { ...(row as ExplainedRow), list: [...(row?.values.x?.data ?? [])] };
}

const node = (
  op: string,
  inputs: string[],
  outputs: string[],
  attributes: Record<string, Attribute> = {},
  domain = 'ai.onnx.ml',
): Node => ({ name: op, op, domain, inputs, outputs, attributes });

describe('tree_shap', () => {
  it('takes values of absent columns from the baseline rows of the request', async () => {
    const one = await explain(graphOf(regressor(AND), 2), { x: [2, 2], baselines: [[0, 0]] });
    expect([one.list, one.score, one.baselineScore, one.convergenceDelta]).toEqual([[5, 5], 10, 0, 0]);
    const two = await explain(graphOf(regressor(AND), 2), {
      x: [2, 2],
      baselines: [
        [0, 0],
        [2, 0],
      ],
    });
    expect(two.list).toEqual([2.5, 7.5]);
  });

  it('uses the counts of training rows in the file when there are no baseline rows', async () => {
    const { list, baselineScore } = await explain(graphOf(regressor(AND), 2), { x: [2, 2] });
    expect(list[0]).toBeCloseTo(3.75, 5);
    expect(list[1]).toBeCloseTo(5.25, 5);
    expect(baselineScore).toBeCloseTo(1, 6);
  });

  it('uses the parameter baseline when there are neither', async () => {
    const zero = await explain(graphOf(regressor(UNCOUNTED), 2), { x: [2, 2] });
    expect(zero.list).toEqual([5, 5]);
    const three = await explain(graphOf(regressor(UNCOUNTED), 2), { x: [2, 2], params: { baseline: 3 } });
    expect(three.list).toEqual([0, 0]);
  });

  it('counts baseline rows for the path-dependent form when the file has no counts, and requires one of them', async () => {
    const params = { feature_perturbation: 'tree_path_dependent' };
    const baselines = [...Array(6).fill([0, 0]), ...Array(3).fill([2, 0]), [2, 2]];
    const { list } = await explain(graphOf(regressor(UNCOUNTED), 2), { x: [2, 2], params, baselines });
    expect(list[0]).toBeCloseTo(3.75, 5);
    await expect(explain(graphOf(regressor(UNCOUNTED), 2), { x: [2, 2], params })).rejects.toThrow(
      /Give baseline rows to count/,
    );
  });

  it('gives the values of SHAP for each class of a decision tree', async () => {
    for (const species of [0, 1, 2]) {
      for (const i of [0, 3]) {
        const x = ROWS[i] as number[];
        const rows = await explain(graphOf(IRIS_TREE, 4), { x, baselines: BACKGROUND, target: species });
        const shares = await explain(graphOf(IRIS_TREE, 4), { x, target: species });
        for (const j of [0, 1, 2, 3]) {
          expect(rows.list[j]).toBeCloseTo(INTERVENTIONAL.values[species]?.[i]?.[j] as number, 6);
          expect(shares.list[j]).toBeCloseTo(PATH_DEPENDENT.values[species]?.[i]?.[j] as number, 6);
        }
      }
    }
  });

  it('explains the log-odds or the probability of a boosted classifier', async () => {
    const graph = graphOf(classifier(2, [split(0, 1, leaf(-1), leaf(2))], { post_transform: string('LOGISTIC') }), 2);
    const request = { x: [3, 0], baselines: [[0, 5]], target: 1 };
    const raw = await explain(graph, request);
    expect([raw.list, raw.score, raw.baselineScore]).toEqual([[3, 0], 2, -1]);
    const probability = await explain(graph, { ...request, params: { model_output: 'probability' } });
    expect(probability.score).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
    expect(probability.list[0]).toBeCloseTo(1 / (1 + Math.exp(-2)) - 1 / (1 + Math.exp(1)), 6);
    expect(probability.list[1]).toBe(0);
  });

  it('sums the parts into which an exporter split an ensemble', async () => {
    const first = regressor([split(0, 1, leaf(0), leaf(4))]);
    const parts = [
      { ...first, outputs: ['first'] },
      { ...regressor([split(1, 1, leaf(0), leaf(6))]), name: 'more', outputs: ['second'] },
      node('Add', ['first', 'second'], ['scores'], {}, ''),
    ];
    const { list, score } = await explain({ ...graphOf(first, 2), nodes: parts }, { x: [2, 2] });
    expect([list, score]).toEqual([[4, 6], 10]);
  });

  it('attributes to columns of a table what their scaled and one-hot encoded columns contribute', async () => {
    // Columns of the trees: age scaled, city is 7, city is 8, city is 9.
    const trees = regressor([split(0, 1, leaf(0), split(2, 0.5, split(3, 0.5, leaf(1), leaf(5)), leaf(9)))]);
    const inputs: ValueInfo[] = [
      { name: 'age', dtype: 'float32', dims: ['N', 1] },
      { name: 'city', dtype: 'int64', dims: ['N', 1] },
    ];
    const graph: Graph = {
      ...graphOf(trees, 4),
      inputs,
      constants: new Map([['shape', makeConstant('int64', [2], [-1, 3])]]),
      nodes: [
        node('Scaler', ['age'], ['scaled'], { offset: floats([40]), scale: floats([0.1]) }),
        node('OneHotEncoder', ['city'], ['hot'], { cats_int64s: ints([7, 8, 9]) }),
        node('Reshape', ['hot', 'shape'], ['flat'], {}, ''),
        node('Concat', ['scaled', 'flat'], ['matrix'], { axis: { type: 'int', value: 1 } }, ''),
        { ...trees, inputs: ['matrix'] },
      ],
    };
    const model = await openGraph(graph, MANIFEST);
    const [row] = (
      await explainer.explain(model, {
        method: 'tree_shap',
        inputs: { age: float32([1, 1], [60]), city: tensor('int64', [1, 1], [9]) },
        baselines: { age: float32([1, 1], [40]), city: tensor('int64', [1, 1], [8]) },
      })
    ).rows;
    // v() = 0, v(age) = 9 (city 8), v(city) = 0, v(both) = 5 (city 9): age (9 + 5) / 2, city (0 - 4) / 2.
    expect([...(row?.values.age?.data ?? [])]).toEqual([7]);
    expect([...(row?.values.city?.data ?? [])]).toEqual([-2]);
  });

  it('refuses a model that mixes columns before its trees, and one without trees', async () => {
    const trees = regressor([split(0, 1, leaf(0), leaf(1))]);
    const mixes: Graph = {
      ...graphOf(trees, 2),
      constants: new Map([['m', makeConstant('float32', [2, 1], [1, 1])]]),
      nodes: [node('MatMul', ['x', 'm'], ['sum'], {}, ''), { ...trees, inputs: ['sum'] }],
    };
    await expect(explain(mixes, { x: [1, 2] })).rejects.toThrow(/MatMul mixes 2 columns.*kernel_shap/);
    const none: Graph = { ...mixes, nodes: [node('MatMul', ['x', 'm'], ['scores'], {}, '')] };
    await expect(explain(none, { x: [1, 2] })).rejects.toThrow(/"scores" is computed by MatMul/);
  });
});

describe('TreeSHAP with background rows of the model', () => {
  const background = { x: float32([2, 2], [0, 0, 2, 2]) };
  const explained = async (params: Record<string, unknown>, rows = [[2, 2]]) => {
    const model = await openGraph(graphOf(regressor(UNCOUNTED), 2), MANIFEST);
    return explainer.explain(model, {
      method: 'tree_shap',
      params,
      inputs: { x: float32([rows.length, 2], rows.flat()) },
      baselines: {
        x: float32(
          [rows.length, 2],
          rows.flatMap(() => [0, 0]),
        ),
      },
      background,
    });
  };

  it('averages over them in place of the one baseline row, for every row of the request', async () => {
    const { rows } = await explained({}, [
      [2, 2],
      [2, 0],
    ]);
    // Half of the background is the row itself: each column has half of its share of 10.
    expect([...(rows[0]?.values.x?.data ?? [])]).toEqual([2.5, 2.5]);
    expect(rows[0]?.text).toBe('Absent columns took the values of 2 background rows (interventional).');
    expect(rows[1]?.baselineScore).toBe(5);
  });

  it('counts shares of them where the file has none', async () => {
    const { rows } = await explained({ feature_perturbation: 'tree_path_dependent' });
    expect(rows[0]?.text).toBe(
      'Absent columns went both ways at a split, by the shares of 2 background rows (path-dependent).',
    );
    expect(rows[0]?.baselineScore).toBe(5);
  });
});
