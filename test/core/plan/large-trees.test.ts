import { describe, expect, it } from 'vitest';
import type { Engine, Session } from '../../../src/core/engine/engine.ts';
import { string } from '../../../src/core/onnx/attributes.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import type { Graph } from '../../../src/core/onnx/graph.ts';
import { read } from '../../../src/core/onnx/read.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { treesBeside } from '../../../src/core/plan/large-trees.ts';
import { float32, type Tensor } from '../../../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../../../src/node/onnxruntime-node.ts';
import { classifier, compactNode, graphOf, leaf, numbers, randomTree, regressor, split } from '../trees/ensembles.ts';

const COLUMNS = 6;
const draw = numbers(3);
const trees = (count: number) => Array.from({ length: count }, () => randomTree(draw, COLUMNS, 6));
/** Large enough that the lists of its nodes stay encoded. */
const FOREST = regressor(trees(300));
const CLASSES = classifier(
  3,
  Array.from({ length: 400 }, () =>
    split(Math.floor(draw() * COLUMNS), 2, split(0, 1, leaf({ 0: draw() }), leaf({ 1: draw() })), leaf({ 2: draw() })),
  ),
  { post_transform: string('SOFTMAX') },
);

/** The engine, with the operators of every graph that it is given. */
function watched(engine: Engine): Engine & { readonly operators: string[] } {
  const operators: string[] = [];
  return {
    ...engine,
    operators,
    load: (model) => {
      operators.push(...read(model.graph).nodes.map(({ op }) => op));
      return engine.load(model);
    },
  };
}

const rows = float32(
  [7, COLUMNS],
  Array.from({ length: 7 * COLUMNS }, () => Math.floor(draw() * 5)),
);

/** The graph as its file has it, its trees beside the engine where they are large. */
function load(engine: Engine, graph: Graph, least?: number): Promise<Session> {
  const file = write(graph);
  return treesBeside({ ...engine, treesBeside: true }, read(file.graph), least)?.load() ?? engine.load(file);
}

async function outputs(session: Session): Promise<Readonly<Record<string, Tensor>>> {
  const results = await session.run({ x: rows });
  await session.release();
  return results;
}

/** The graph that scales its input before trees and squares their score. */
function surrounded(): Graph {
  const base = graphOf(FOREST, COLUMNS);
  const g = new GraphBuilder({ ...base, nodes: [], outputs: [] });
  const scaled = g.named(g.mul(g.value('x'), g.scalar(0.5)), 'scaled');
  const before = g.build([scaled]);
  const named = { ...FOREST, inputs: ['scaled'] };
  const h = new GraphBuilder({ ...before, opsets: base.opsets, nodes: [...before.nodes, named] });
  const score = h.value('scores');
  return h.build([h.named(h.mul(score, score), 'squared'), h.value('scores'), h.value('scaled')]);
}

const graphs: [string, Graph, string[]][] = [
  ['trees alone', graphOf(FOREST, COLUMNS), []],
  ['a classifier', graphOf(CLASSES, COLUMNS), []],
  ['a TreeEnsemble of ai.onnx.ml 5', graphOf(compactNode(trees(300).filter((tree) => 'column' in tree)), COLUMNS), []],
  ['trees between other operators', surrounded(), ['Mul', 'Identity', 'Mul', 'Identity']],
];

describe('treesBeside', () => {
  it.each(graphs)("gives the engine's outputs for %s, without the trees in the engine", async (_, graph, operators) => {
    const plain = onnxruntimeNode();
    const engine = watched(plain);
    const apart = await outputs(await load(engine, graph, 4096));
    expect(engine.operators).toEqual(operators);
    const whole = await outputs(await plain.load(write(graph)));
    expect(Object.keys(apart).sort()).toEqual(Object.keys(whole).sort());
    for (const [name, { dims, data }] of Object.entries(whole)) {
      expect(apart[name]?.dims).toEqual(dims);
      const off = Array.from(
        data as Float32Array,
        (value, i) => Math.abs(value - Number(apart[name]?.data[i])) / Math.max(1, Math.abs(value)),
      );
      expect(Math.max(...off), name).toBeLessThan(1e-5);
    }
  });

  it('leaves the trees to the engine where the label of a classifier is asked for, or the trees are small', async () => {
    const graph = graphOf(CLASSES, COLUMNS);
    const labelled = { ...graph, outputs: [...graph.outputs, { name: 'label', dtype: 'int64' as const }] };
    for (const [asked, least] of [
      [labelled, 4096],
      [graph, 2 ** 20],
    ] as const) {
      const engine = watched(onnxruntimeNode());
      await (await load(engine, asked, least)).release();
      expect(engine.operators).toEqual(['TreeEnsembleClassifier']);
    }
  });

  it('leaves the trees to an engine that has memory for them', () => {
    const { graph } = write(graphOf(FOREST, COLUMNS));
    expect(treesBeside(onnxruntimeNode(), read(graph), 4096)).toBeUndefined();
  });

  it('refuses rows that are shorter than the trees need', async () => {
    const session = await load(onnxruntimeNode(), graphOf(FOREST, COLUMNS), 4096);
    await expect(session.run({ x: float32([1, 2], [1, 2]) })).rejects.toMatchObject({ code: 'invalid_tensor' });
    await expect(session.run({})).rejects.toThrow('The graph\'s input "x" is missing.');
  });
});
