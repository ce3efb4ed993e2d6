import { describe, expect, it } from 'vitest';
import { columnFacts } from '../../../src/core/columns/facts.ts';
import { describe as describeModel } from '../../../src/core/model/describe/describe.ts';
import { int, ints } from '../../../src/core/onnx/attributes.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { makeConstant } from '../../../src/core/onnx/constant.ts';
import type { Attribute, Graph, Node } from '../../../src/core/onnx/graph.ts';
import { graphOf, leaf, regressor, split } from '../trees/ensembles.ts';

const node = (
  op: string,
  domain: string,
  inputs: string[],
  output: string,
  attributes: Record<string, Attribute> = {},
): Node => ({ name: op, op, domain, inputs, outputs: [output], attributes });

/** An age that may be missing beside a city as a number, in front of trees. */
function pipeline(nanTrue: boolean): Graph {
  const trees = regressor([split(0, 40, leaf(0), split(2, 0.5, leaf(1), leaf(2)), { nanTrue })]);
  return {
    ...graphOf(trees, 4),
    inputs: [
      { name: 'age', dtype: 'float32', dims: ['N', 1] },
      { name: 'city', dtype: 'int64', dims: ['N', 1] },
    ],
    constants: new Map([['shape', makeConstant('int64', [2], [-1, 3])]]),
    nodes: [
      node('OneHotEncoder', 'ai.onnx.ml', ['city'], 'hot', { cats_int64s: ints([7, 8, 9]), zeros: int(1) }),
      node('Reshape', '', ['hot', 'shape'], 'flat'),
      node('Concat', '', ['age', 'flat'], 'matrix', { axis: int(1) }),
      { ...trees, inputs: ['matrix'] },
    ],
  };
}

describe('columnFacts', () => {
  it('reports categories from encoders, and missing values that trees support', () => {
    const facts = columnFacts(pipeline(true));
    expect(facts.get('city')).toEqual([
      { categories: [7, 8, 9], codes: [7, 8, 9], unknownAllowed: true, missingAllowed: true },
    ]);
    expect(facts.get('age')).toEqual([{ missingAllowed: true }]);
    expect(columnFacts(pipeline(false)).has('age')).toBe(false);
  });

  it('reports nothing for a neural network', () => {
    const g = GraphBuilder.empty();
    expect(columnFacts(g.build([g.op('Neg', [g.input('x', 'float32', ['N', 3])])])).size).toBe(0);
  });

  it('describes an integer column of a table as an explained input', () => {
    const { inputs } = describeModel(pipeline(true)).description;
    expect(inputs.map(({ name, role, modality }) => [name, role.value, modality.value])).toEqual([
      ['age', 'explained', 'tabular'],
      ['city', 'explained', 'tabular'],
    ]);
    expect(inputs[1]?.columns?.value[0]?.categories).toEqual([7, 8, 9]);
  });
});
