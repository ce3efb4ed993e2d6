import { describe, expect, it } from 'vitest';
import { string } from '../../../src/core/onnx/attributes.ts';
import { makeConstant } from '../../../src/core/onnx/constant.ts';
import type { Graph, Node } from '../../../src/core/onnx/graph.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { outputsOf } from '../../../src/core/trees/evaluate.ts';
import { findTrees, hasTrees } from '../../../src/core/trees/find.ts';
import { open } from '../../support/engine.ts';
import { classifier, graphOf, leaf, numbers, randomTree, regressor } from './ensembles.ts';

const draw = numbers(31);
const forest = (name: string): Node => ({
  ...regressor(Array.from({ length: 3 }, () => randomTree(draw, 3, 4))),
  name,
  outputs: [name],
});
const node = (op: string, inputs: string[], output: string): Node => ({
  name: op,
  op,
  domain: '',
  inputs,
  outputs: [output],
  attributes: {},
});

const CONSTANTS = new Map([
  ['half', makeConstant('float32', [], [0.5])],
  ['three', makeConstant('float32', [1], [3])],
]);

const behind = (nodes: Node[]): Graph => ({ ...graphOf(forest('a'), 3), nodes, constants: CONSTANTS });

/** The largest difference between the engine's answer and that of the trees that were found. */
async function distance(graph: Graph): Promise<number> {
  const { ensemble, features } = findTrees(graph, 'scores');
  expect(features).toBe('x');
  const rows = Array.from({ length: 40 }, () => Array.from({ length: 3 }, () => Math.floor(5 * draw())));
  const run = await open(graph);
  const { scores } = await run({ x: float32([rows.length, 3], rows.flat()) });
  await run.release();
  return Math.max(
    ...rows.map((row, i) =>
      Math.abs((outputsOf(ensemble, Float64Array.from(row))[0] as number) - Number(scores?.data[i])),
    ),
  );
}

describe('findTrees', () => {
  const cases: [string, Node[]][] = [
    ['an ensemble before Identity and Reshape', [forest('a'), node('Identity', ['a'], 'scores')]],
    ['a sum of three ensembles', [forest('a'), forest('b'), forest('c'), node('Sum', ['a', 'b', 'c'], 'scores')]],
    ['a mean of two ensembles', [forest('a'), forest('b'), node('Mean', ['a', 'b'], 'scores')]],
    ['a difference', [forest('a'), forest('b'), node('Sub', ['a', 'b'], 'scores')]],
    ['a constant less an ensemble', [forest('a'), node('Sub', ['three', 'a'], 'scores')]],
    [
      'factors and constants',
      [
        forest('a'),
        node('Mul', ['half', 'a'], 'm'),
        node('Div', ['m', 'three'], 'd'),
        node('Add', ['d', 'three'], 'scores'),
      ],
    ],
    [
      'the exponential of a sum',
      [forest('a'), forest('b'), node('Add', ['a', 'b'], 's'), node('Exp', ['s'], 'scores')],
    ],
    ['a sigmoid', [forest('a'), node('Sigmoid', ['a'], 'scores')]],
  ];
  for (const [what, nodes] of cases) {
    it(`finds ${what} as one ensemble that gives the engine's answer`, async () => {
      expect(await distance(behind(nodes))).toBeLessThan(1e-5);
    });
  }

  const refused: [string, Node[], RegExp][] = [
    ['a square', [forest('a'), node('Mul', ['a', 'a'], 'scores')], /Mul "Mul" is no product with a constant/],
    [
      'trees over different tensors',
      [forest('a'), node('Neg', ['x'], 'y'), { ...forest('b'), inputs: ['y'] }, node('Add', ['a', 'b'], 'scores')],
      /adds trees over "x" and over "y"/,
    ],
    [
      'a label',
      [{ ...classifier(2, [leaf(1)]), outputs: ['scores', 'other'] }],
      /"scores" is the label of TreeEnsembleClassifier/,
    ],
    ['no trees', [node('Neg', ['x'], 'scores')], /"scores" is computed by Neg "Neg"/],
    [
      'two functions in sequence',
      [
        { ...classifier(3, [leaf(1)], { post_transform: string('SOFTMAX') }), outputs: ['label', 's'] },
        node('Exp', ['s'], 'scores'),
      ],
      /goes through softmax and then exp/,
    ],
  ];
  for (const [what, nodes, message] of refused) {
    it(`refuses ${what}, and says what is in the way`, () => {
      expect(() => findTrees(behind(nodes), 'scores')).toThrow(message);
      expect(hasTrees(behind(nodes), 'scores')).toBe(false);
    });
  }
});
