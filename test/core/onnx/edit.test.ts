import { describe, expect, it } from 'vitest';
import { graphAttr } from '../../../src/core/onnx/attributes.ts';
import { makeConstant } from '../../../src/core/onnx/constant.ts';
import { captured, consumers, namesOf, producers, prune, uniqueName } from '../../../src/core/onnx/edit.ts';
import type { Graph } from '../../../src/core/onnx/graph.ts';
import { node } from '../../support/onnx-file.ts';

const branch: Graph = {
  name: 'branch',
  opsets: {},
  inputs: [],
  outputs: [{ name: 'r', dtype: 'float32' }],
  constants: new Map([['own', makeConstant('float32', [], [1])]]),
  nodes: [node('Add', ['a', 'own'], ['t']), node('Add', ['t', 'k'], ['r'])],
};

const graph: Graph = {
  name: 'graph',
  opsets: { '': 21 },
  inputs: [{ name: 'x', dtype: 'float32' }],
  outputs: [{ name: 'y', dtype: 'float32' }],
  constants: new Map(['k', 'unused', 'yes'].map((name) => [name, makeConstant('float32', [], [1])])),
  nodes: [
    node('Split', ['x'], ['a', '', 'b']),
    node('Neg', ['b'], ['dead']),
    node('If', ['yes'], ['y'], { then_branch: graphAttr(branch), else_branch: graphAttr(branch) }),
  ],
};
const [split, neg, choice] = graph.nodes;

describe('edit', () => {
  it('finds producer and consumers of a value, branches included', () => {
    expect(captured(branch)).toEqual(['a', 'k']);
    expect([...producers(graph)]).toEqual([
      ['a', split],
      ['b', split],
      ['dead', neg],
      ['y', choice],
    ]);
    expect([...consumers(graph)]).toEqual([
      ['x', [split]],
      ['b', [neg]],
      ['yes', [choice]],
      ['a', [choice]],
      ['k', [choice]],
    ]);
  });

  it('removes nodes that no output needs', () => {
    const pruned = prune(graph);
    expect(pruned.nodes).toEqual([split, choice]);
    expect([...pruned.constants.keys()]).toEqual(['k', 'yes']);
    expect(prune(graph, ['dead']).nodes).toEqual([split, neg]);
    expect(prune(graph, []).nodes).toEqual([]);
  });

  it('generates unused names', () => {
    const taken = namesOf(graph);
    expect(taken.has('own')).toBe(true);
    expect(['fresh', 'fresh', 'own', 'x', 'x'].map((wish) => uniqueName(wish, taken))).toEqual([
      'fresh',
      'fresh_1',
      'own_1',
      'x_1',
      'x_2',
    ]);
    expect(taken.has('x_2')).toBe(true);
  });
});
