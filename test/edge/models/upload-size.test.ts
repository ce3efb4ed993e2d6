import { describe, expect, it } from 'vitest';
import { WhylightError } from '../../../src/core/errors.ts';
import { MethodRegistry } from '../../../src/core/method/registry.ts';
import { Model } from '../../../src/core/model/model.ts';
import { GraphBuilder, type Value } from '../../../src/core/onnx/builder.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { neuronTarget } from '../../../src/core/strategy/neuron.ts';
import { checkLoops, checkUploadSize } from '../../../src/edge/models/upload-size.ts';
import gradCam from '../../../src/plugins/activation/grad-cam.ts';
import layerConductance from '../../../src/plugins/gradient/layer-conductance.ts';
import { methodReports } from '../../../src/tools/inspect.ts';
import { growingLoop, whileLoop } from '../../support/while-loop.ts';

const opened = (g: GraphBuilder, y: Value) => Model.read({ bytes: write(g.build([g.named(y, 'y')])).graph });

/** A classifier of images: convolution, ReLU, pooling. */
function classifier(height: number, width: number) {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 3, height, width]);
  const maps = g.op('Relu', [g.op('Conv', [x, g.constant('float32', [4, 3, 1, 1], new Array(12).fill(0.1))])]);
  return opened(g, g.op('Flatten', [g.op('GlobalAveragePool', [maps])]));
}

function chain(nodes: number) {
  const g = GraphBuilder.empty();
  let y = g.input('x', 'float32', ['N', 2]);
  for (let i = 0; i < nodes; i++) y = g.op('Relu', [g.op('Neg', [y])]);
  return opened(g, y);
}

/** A loop that negates its input; without a count it goes on while its condition is true, and that is always. */
function loop(count: number | undefined, isConstant: boolean) {
  const body = GraphBuilder.empty();
  body.input('i', 'int64', []);
  const given = body.input('c', 'bool', []);
  const state = body.input('s', 'float32', ['N', 2]);
  const condition = isConstant ? body.constant('bool', [], [1]) : given;
  const value = body.build([body.named(condition, 'co'), body.named(body.op('Neg', [state]), 'so')]);
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 2]);
  const trips = count === undefined ? undefined : g.constant('int64', [], [count]);
  return opened(g, g.op('Loop', [trips, g.constant('bool', [], [1]), x], { body: { type: 'graph', value } }));
}

/** A loop of as many iterations as the shape says: one for each of three columns of `x`, or of an unknown number. */
function countedLoop(columns: number | string) {
  const body = GraphBuilder.empty();
  body.input('i', 'int64', []);
  const given = body.input('c', 'bool', []);
  const state = body.input('s', 'float32', ['N', columns]);
  const value = body.build([body.named(body.op('Identity', [given]), 'co'), body.named(body.op('Neg', [state]), 'so')]);
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', columns]);
  const trips = g.op('Gather', [g.op('Shape', [x]), g.constant('int64', [], [1])]);
  return opened(g, g.op('Loop', [trips, g.constant('bool', [], [1]), x], { body: { type: 'graph', value } }));
}

const refusal = (model: Model): WhylightError | undefined => {
  try {
    checkUploadSize(model);
    return undefined;
  } catch (error) {
    if (WhylightError.is(error, 'payload_too_large')) return error;
    throw error;
  }
};

describe('checkUploadSize', () => {
  it('accepts models of common sizes', async () => {
    expect(refusal(await classifier(224, 224))).toBeUndefined();
    expect(refusal(await chain(100))).toBeUndefined();
  });

  it('refuses a tensor of too many elements, naming it with its shape', async () => {
    for (const width of [2 ** 20, 2 ** 31]) {
      const error = refusal(await classifier(32, width));
      expect(error?.message).toContain(`[1, 3, 32, ${width}]`);
      expect(error?.details).toMatchObject({ tensor: 'x', elements: 96 * width, max_elements: 2 ** 24 });
    }
  });

  it('refuses too many nodes', async () => {
    expect(refusal(await chain(2600))?.details).toMatchObject({ nodes: 5201, max_nodes: 5000 });
  });

  it.each([
    ['a constant', true],
    ['its input', false],
  ])('refuses a loop that never ends, whose condition is %s', async (_, isConstant) => {
    const error = refusal(await loop(undefined, isConstant));
    expect(error?.details).toEqual({ max_runs: 1_000_000 });
    expect(refusal(await loop(2 ** 40, isConstant))?.details).toEqual({ max_runs: 1_000_000 });
  });

  it('counts the nodes of a loop once for each iteration that is stated', async () => {
    expect(refusal(await loop(10_000, true))).toBeUndefined();
    expect(refusal(await loop(1_000_000, true))?.message).toContain('with its loops');
  });

  it('refuses a model that takes more memory than an isolate has', async () => {
    expect(refusal(await classifier(2048, 2048))?.details).toMatchObject({ max_bytes: 128 * 2 ** 20 });
  });
});

describe('checkLoops', () => {
  it('accepts a loop whose trip count is a constant, or follows from the shape of a row', async () => {
    for (const model of [await loop(10, false), await countedLoop(3)]) expect(() => checkLoops(model)).not.toThrow();
  });

  it.each([
    ['no trip count', whileLoop(-1)],
    ['a body that makes its state longer, without a trip count', growingLoop()],
  ])('refuses a loop with %s, whose condition depends on the data', async (_, bytes) => {
    const model = await Model.read({ bytes });
    expect(() => checkLoops(model)).toThrow(expect.objectContaining({ code: 'invalid_model' }));
  });

  it('refuses a loop with a trip count of 2^40, and one for each of an unknown number of columns', async () => {
    for (const model of [await loop(2 ** 40, false), await countedLoop('M')]) {
      expect(() => checkLoops(model)).toThrow(/for as long as the data say/);
    }
  });
});

describe('a layer with many positions', () => {
  it('is refused as one neuron', () => {
    const layer = { name: 'layer', dtype: 'float32', dims: [4, 2 ** 16, 2 ** 15] } as const;
    expect(() => neuronTarget([0], layer)).toThrow(/stands for 2147483648 elements/);
    expect(neuronTarget([0, 1, 2], layer).weights).toEqual([{ index: 2 ** 15 + 2, weight: 1 }]);
  });

  it('does not list its positions for methods that only describe their costs', async () => {
    const model = await classifier(2 ** 16, 2 ** 15);
    expect(model.info().camLayer?.name).toBeDefined();
    const registry = new MethodRegistry([{ method: gradCam }, { method: layerConductance }]);
    const reports = methodReports(model, registry);
    expect(reports.map(({ method, runs }) => [method, runs])).toEqual([
      ['grad_cam', true],
      ['layer_conductance', true],
    ]);
  });
});
