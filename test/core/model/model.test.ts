import { describe, expect, it } from 'vitest';
import { scoreSpace } from '../../../src/core/explainer/plan.ts';
import { parseLabels, parseManifest } from '../../../src/core/model/manifest.ts';
import { Model } from '../../../src/core/model/model.ts';
import { floats } from '../../../src/core/onnx/attributes.ts';
import { GraphBuilder, type Value } from '../../../src/core/onnx/builder.ts';
import type { Graph } from '../../../src/core/onnx/graph.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { imageGraph, openGraph, tokenGraph, vectorGraph } from '../../../src/testing/models.ts';

describe('the scores of a model', () => {
  it.each([
    ['Softmax', 'softmax'],
    ['LogSoftmax', 'softmax'],
    ['Sigmoid', 'sigmoid'],
  ] as const)('are the input of a final %s', async (ending, probability) => {
    const info = (await openGraph(imageGraph({ ending }))).info();
    expect(info).toMatchObject({ scores: { name: 'logits', dims: [4] }, probability, labelled: true });
  });

  it('makes no probabilities of the scores of a classifier that states no transform', async () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 2]);
    const attributes = {
      classlabels_ints: [0, 1],
      coefficients: floats([1, 0, 0, 1]),
      intercepts: floats([0, 0]),
      post_transform: 'NONE',
    };
    const [label, scores] = g.ops('LinearClassifier', [x], attributes, 2, 'ai.onnx.ml');
    const named = [g.named(label as Value, 'label'), g.named(scores as Value, 'scores')];
    const model = await openGraph(g.build(named));
    expect(model.description.explained).toMatchObject({ name: 'scores', classAxis: { value: 1 } });
    expect(model.info().probability).toBeUndefined();
  });

  it('are found before reshapes, casts and quantisation of a softmax', async () => {
    const info = (
      await openGraph(
        ending((g, x) => g.op('Flatten', [g.op('Squeeze', [g.op('Softmax', [x], { axis: 1 }), g.ints([2, 3])])])),
      )
    ).info();
    expect(info.scores).toMatchObject({ name: 'pooled', dims: [5, 1, 1] });
    const cast = (
      await openGraph(ending((g, x) => g.op('Cast', [g.op('Softmax', [x], { axis: 1 })], { to: 1 })))
    ).info();
    expect(cast.scores.name).toBe('pooled');
  });

  it('are the output itself or any tensor when requested', async () => {
    const model = await openGraph(imageGraph({ ending: 'Softmax' }));
    expect(model.info({ scores: 'output' })).toMatchObject({ scores: { name: 'output' }, probability: 'given' });
    expect(model.info({ scores: 'features' })).toMatchObject({ scores: { dims: [5, 8, 8] }, labelled: false });
    expect(() => model.info({ scores: 'logitz' })).toThrow(
      expect.objectContaining({ code: 'layer_not_found', details: { tensor: 'logitz', nearest: ['logits'] } }),
    );
  });
});

describe('the CAM layer of a model', () => {
  it.each<[string, (g: GraphBuilder, x: Value) => Value]>([
    ['GlobalAveragePool', (g, x) => g.op('GlobalAveragePool', [x])],
    ['ReduceMean', (g, x) => g.reduce('ReduceMean', x, [2, 3], false)],
    ['a full AveragePool', (g, x) => g.op('AveragePool', [x], { kernel_shape: [8, 8] })],
    ['Flatten', (g, x) => g.op('Flatten', [x])],
    ['Dropout and Reshape', (g, x) => g.op('Reshape', [g.op('Dropout', [x]), g.ints([0, -1])])],
  ])('is the last feature map before %s', async (_, pool) => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 3, 8, 8]);
    const weights = g.constant('float32', [2, 3, 3, 3], Array(54).fill(0.1));
    const features = g.named(g.op('Relu', [g.op('Conv', [x, weights], { pads: [1, 1, 1, 1] })]), 'features');
    const model = await openGraph(g.build([g.op('Flatten', [pool(g, features)])]));
    expect(model.info().camLayer).toMatchObject({ dims: [2, 8, 8], channelAxis: 0 });
    expect(model.info().spatialLayers[0]?.name).toBe(model.info().camLayer?.name);
  });

  it('is the pooled map before a flatten, or the maps under a global average pool', async () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 1, 8, 8]);
    const kernel = (to: number, from: number) => g.constant('float32', [to, from, 1, 1], Array(to * from).fill(0.5));
    const pooled = g.op('MaxPool', [g.op('Relu', [g.op('Conv', [x, kernel(2, 1)])])], {
      kernel_shape: [2, 2],
      strides: [2, 2],
    });
    expect((await openGraph(g.build([g.op('Flatten', [pooled])]))).info().camLayer?.dims).toEqual([2, 4, 4]);
    const maps = g.op('GlobalAveragePool', [g.op('Relu', [g.op('Conv', [pooled, kernel(7, 2)])])]);
    expect((await openGraph(g.build([g.op('Flatten', [maps])]))).info().camLayer?.dims).toEqual([7, 4, 4]);
  });

  it('is not the gate of a squeeze-and-excite block', async () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 2, 8, 8]);
    const kernel = g.constant('float32', [2, 2, 1, 1], [1, 0, 0, 1]);
    const features = g.op('Conv', [x, kernel]);
    const gate = g.op('Sigmoid', [g.op('Conv', [g.op('GlobalAveragePool', [features]), kernel])]);
    const model = await openGraph(g.build([g.op('Flatten', [g.op('GlobalAveragePool', [g.mul(features, gate)])])]));
    expect(model.info().camLayer?.dims).toEqual([2, 8, 8]);
    expect(model.info().spatialLayers.every(({ dims }) => dims[1] === 8)).toBe(true);
  });

  it('is found through the reshapes of a group normalisation', async () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 4, 8, 8]);
    const kernel = g.constant('float32', [4, 4, 1, 1], Array(16).fill(0.5));
    const ones = g.constant('float32', [2], [1, 1]);
    const groups = g.op('Reshape', [g.op('Conv', [x, kernel]), g.ints([0, 2, -1])]);
    const normal = g.op('Reshape', [g.op('InstanceNormalization', [groups, ones, ones]), g.ints([-1, 4, 8, 8])]);
    const maps = g.op('Relu', [g.mul(normal, g.constant('float32', [4, 1, 1], [1, 2, 3, 4]))]);
    const { camLayer, spatialLayers } = (
      await openGraph(g.build([g.op('Flatten', [g.op('GlobalAveragePool', [maps])])]))
    ).info();
    expect(camLayer).toMatchObject({ name: maps.name, dims: [4, 8, 8], channelAxis: 0 });
    expect(spatialLayers.every(({ dims }) => dims.length === 3)).toBe(true);
  });

  it('is the input of the last attention, also with a weight shared through Identity', async () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 3, 2]);
    const weight = g.op('Identity', [g.constant('float32', [2], [1, 2])]);
    const centred = g.op('Sub', [x, g.op('ReduceMean', [x, g.ints([-1])])]);
    const normal = g.op('Div', [centred, g.op('Sqrt', [g.op('ReduceMean', [g.mul(centred, centred), g.ints([-1])])])]);
    const tokens = g.op('Add', [g.mul(normal, weight), weight]);
    const weights = g.op('Softmax', [g.op('MatMul', [tokens, g.op('Transpose', [tokens], { perm: [0, 2, 1] })])]);
    const model = await openGraph(g.build([g.op('Flatten', [g.op('MatMul', [weights, tokens])])]));
    expect(model.info().camLayer).toMatchObject({ name: tokens.name, dims: [3, 2] });
  });

  it('is absent in models of vectors and tokens', async () => {
    expect((await openGraph(vectorGraph())).info().camLayer).toBeUndefined();
    expect((await openGraph(tokenGraph())).info().camLayer).toBeUndefined();
  });
});

describe('Model', () => {
  it('differentiates at the embedding of integer inputs', async () => {
    const info = (await openGraph(tokenGraph())).info();
    expect(info.inputs[0]).toMatchObject({ name: 'ids', dtype: 'int64', dims: [6] });
    expect(info.sources).toMatchObject([{ dtype: 'float32', dims: [6, 4] }]);
  });

  it('keeps a fixed batch, and resolves symbolic dims from the rows', async () => {
    expect((await openGraph(imageGraph({ batch: 1 }))).fixedBatch).toBe(1);
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 'T']);
    const model = await openGraph(g.build([g.named(g.op('Relu', [x]), 'y')]));
    expect(model.fixedBatch).toBeUndefined();
    expect(() => scoreSpace(model, model.info())).toThrow(expect.objectContaining({ code: 'invalid_model' }));
    expect(model.info({ shapes: { x: [7] } })).toMatchObject({ scores: { dims: [7] }, scoreSize: 7 });
  });

  it('has the SHA-256 of its bytes as digest', async () => {
    const bytes = write(vectorGraph()).graph;
    const [one, two] = await Promise.all([
      Model.read({ bytes }),
      Model.read({ bytes, manifest: { name: 'other', version: '7' } }),
    ]);
    expect(one.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(two).toMatchObject({ digest: one.digest, name: 'other', version: '7' });
    expect((await openGraph(tokenGraph())).digest).not.toBe(one.digest);
  });

  it('uses the output that the manifest names', async () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 2]);
    const graph = g.build([g.named(g.op('Neg', [x]), 'first'), g.named(g.op('Relu', [x]), 'second')]);
    expect((await openGraph(graph)).info().scores.name).toBe('first');
    expect((await openGraph(graph, { output: 'second' })).info().scores.name).toBe('second');
    await expect(openGraph(graph, { output: 'third' })).rejects.toMatchObject({
      code: 'invalid_config',
      message: expect.stringContaining('first, second'),
    });
  });

  it('detects channels-last inputs by shape or manifest', async () => {
    const input = (dims: number[]): Graph => {
      const g = GraphBuilder.empty();
      return g.build([g.op('Flatten', [g.input('x', 'float32', ['N', ...dims])])]);
    };
    expect((await openGraph(input([3, 16, 16]))).info().inputs[0]?.channelAxis).toBe(0);
    expect((await openGraph(input([16, 16, 3]))).info().inputs[0]?.channelAxis).toBe(2);
    const manifest = parseManifest({ name: 'm', preprocessing: { size: [3, 5], layout: 'NHWC' } });
    expect((await openGraph(input([3, 5, 3]))).info().inputs[0]?.channelAxis).toBe(0);
    expect((await openGraph(input([3, 5, 3]), manifest)).info().inputs[0]?.channelAxis).toBe(2);
  });
});

describe('the preprocessing of a model', () => {
  const open = (preprocessing: object) =>
    openGraph(imageGraph(), parseManifest({ name: 'm', preprocessing: { size: [8, 8], ...preprocessing } }));

  it('must produce the shape of the input', async () => {
    await expect(open({})).resolves.toBeInstanceOf(Model);
    for (const [wrong, made] of [
      [{ layout: 'NHWC' }, '[8, 8, 3]'],
      [{ color: 'gray' }, '[1, 8, 8]'],
      [{ size: [8, 9] }, '[3, 8, 9]'],
    ] as const) {
      await expect(open(wrong)).rejects.toMatchObject({
        code: 'invalid_config',
        message: expect.stringContaining(`becomes ${made}, but the input "image" takes [3, 8, 8]`),
      });
    }
  });

  const opened = (dims: (number | string)[], preprocessing: object) => {
    const g = GraphBuilder.empty();
    const held = g.input('held', 'float32', ['N', 7]);
    const graph = g.build([g.op('GlobalAveragePool', [g.input('x', 'float32', ['N', ...dims])]), g.op('Neg', [held])]);
    return openGraph(graph, parseManifest({ name: 'm', hold: ['held'], preprocessing }));
  };

  it.each([
    [{ mean: 0.5 }, [3, 20, 30]],
    [{ layout: 'NHWC' }, [20, 30, 3]],
    [{ color: 'gray', resize: { mode: 'shortest_side', size: 32 } }, [1, 20, 30]],
  ])('takes the size that a manifest with %j leaves out from the graph', async (entries, dims) => {
    const { preprocessing, manifest } = await opened(dims, entries);
    expect(preprocessing).toMatchObject({ ...entries, size: [20, 30] });
    expect(manifest.preprocessing).toEqual(preprocessing);
  });

  it('must state the size that the graph leaves open, and fit the one of the graph', async () => {
    await expect(opened([3, 'H', 'W'], {})).rejects.toMatchObject({
      code: 'invalid_config',
      message: expect.stringMatching(/states no size, and the input "x" takes \[N, 3, H, W\]: state "size"/),
    });
    await expect(opened([3, 20, 30], { resize: { mode: 'shortest_side', size: 24 } })).rejects.toMatchObject({
      code: 'invalid_config',
      message: expect.stringContaining('at least 30'),
    });
  });

  it('may choose the size where the dims are symbolic', async () => {
    const g = GraphBuilder.empty();
    const graph = g.build([g.op('GlobalAveragePool', [g.input('x', 'float32', ['N', 3, 'H', 'W'])])]);
    const manifest = parseManifest({ name: 'm', preprocessing: { size: [20, 30] } });
    await expect(openGraph(graph, manifest)).resolves.toBeInstanceOf(Model);
  });
});

describe('parsing of a manifest', () => {
  it('fills in defaults', () => {
    expect(parseManifest('{ "name": "m", "labels": ["a", "b"] }')).toMatchObject({
      version: '1',
      file: 'model.onnx',
      label_offset: 0,
      external: [],
    });
  });

  it.each([
    ['{ "name": "m", }', 'm.json, line 1, column 16: not valid JSON'],
    ['{ "name": "a/b" }', '"name"'],
    ['{ "name": "m", "label_offset": -1 }', '"label_offset"'],
    ['{ "name": "m", "lables": [] }', 'lables'],
    ['{}', '"name"'],
  ])('refuses %j', (text, message) => {
    expect(() => parseManifest(text, 'm.json')).toThrow(
      expect.objectContaining({ code: 'invalid_config', message: expect.stringContaining(message) }),
    );
  });

  it('reads labels from lines, a list, or an object of names by number', () => {
    expect(parseLabels('["a", "b"]', 'l')).toEqual(['a', 'b']);
    expect(parseLabels('a\r\nb, c\n\n', 'l')).toEqual(['a', 'b, c']);
    expect(parseLabels('\na\n\nb', 'l')).toEqual(['(no class 0)', 'a', '(no class 2)', 'b']);
    expect(parseLabels('{"1": "b", "0": "a"}', 'l')).toEqual(['a', 'b']);
    expect(parseLabels('{"0": ["n1", "a"], "1": ["n2", "b"]}', 'l')).toEqual(['a', 'b']);
    expect(() => parseLabels('[1]', 'l.json')).toThrow('l.json must hold one class name a line');
    expect(() => parseLabels('{"classes": ["a"]}', 'l.json')).toThrow('a JSON object of names by number');
    expect(() => parseLabels('{"0": "a", "2": "c"}', 'l.json')).toThrow('a JSON object of names by number');
  });
});

/** A convolution, its mean as "pooled", and then what the test adds. */
function ending(rest: (g: GraphBuilder, x: Value) => Value): Graph {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 1, 4, 4]);
  const maps = g.op('Conv', [x, g.constant('float32', [5, 1, 1, 1], [1, 2, 3, 4, 5])]);
  return g.build([rest(g, g.named(g.op('GlobalAveragePool', [maps]), 'pooled'))]);
}
