import { create, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../../src/core/engine/engine.ts';
import { type DataType, float32, type Tensor, tensor } from '../../../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../../../src/node/onnxruntime-node.ts';
import { onnxruntimeWeb } from '../../../src/node/onnxruntime-web.ts';
import { threadedEngine } from '../../../src/node/threaded-engine.ts';
import { answersBothWays, denseInput, denseModel, identityModel, twoOutputsModel } from '../../support/tiny-models.ts';

type Floats = Tensor<'float32'>;

const ENGINES: [string, Engine][] = [
  ['onnxruntime-node', onnxruntimeNode({ threads: 1 })],
  ['onnxruntime-node in its own thread', threadedEngine({ threads: 1 })],
  ['onnxruntime-web', onnxruntimeWeb()],
];

/** Values whose bits tell the types apart; half floats are given as bits. */
const VALUES: Record<Exclude<DataType, 'bfloat16'>, ArrayLike<number> | BigInt64Array | BigUint64Array> = {
  float32: [1.5, -2.25, Number.NaN, Number.POSITIVE_INFINITY],
  float64: [1 / 3, -1e300, 0, 5e-324],
  float16: [0x3c00, 0xc100, 0x7bff, 0x0001],
  int64: new BigInt64Array([-(2n ** 63n), 2n ** 63n - 1n, 0n, -1n]),
  uint64: new BigUint64Array([2n ** 64n - 1n, 0n, 1n, 2n ** 63n]),
  int32: [-(2 ** 31), 2 ** 31 - 1, 0, -1],
  uint32: [2 ** 32 - 1, 0, 1, 2 ** 31],
  int16: [-32768, 32767, 0, -1],
  uint16: [65535, 0, 1, 32768],
  int8: [-128, 127, 0, -1],
  uint8: [255, 0, 1, 128],
  bool: [1, 0, 0, 1],
};

describe.each(ENGINES)('%s', (name, engine) => {
  test('returns the name of the engine', () => {
    expect(engine.name).toBe(name.split(' ')[0]);
  });

  test.each(Object.keys(VALUES) as (keyof typeof VALUES)[])('passes %s tensors in and out unchanged', async (dtype) => {
    const session = await engine.load(identityModel(dtype));
    const x = tensor(dtype, [2, 2], VALUES[dtype] as ArrayLike<number>);
    const { y } = await session.run({ x });
    expect(y).toEqual(x);
    await session.release();
  });

  test('accepts a tensor that is a view of a larger buffer', async () => {
    const session = await engine.load(identityModel('float16'));
    const x = tensor('float16', [1, 2], Uint16Array.of(9, 9, 0x3c00, 0x4000, 9).subarray(2, 4));
    expect((await session.run({ x })).y?.data).toEqual(Uint16Array.of(0x3c00, 0x4000));
    await session.release();
  });

  test('loads, runs and releases sessions concurrently', async () => {
    const answers = Array.from({ length: 6 }, async (_, i) => {
      const width = 8 * (i + 1);
      const session = await engine.load(denseModel(width));
      const x = denseInput(width, i, 3);
      const both = await Promise.all([session.run({ x }), session.run({ x })]);
      await session.release();
      return both.map(({ y }) => y);
    });
    for (const [i, [first, second]] of (await Promise.all(answers)).entries()) {
      const alone = await engine.load(denseModel(8 * (i + 1)));
      expect(first).toEqual(second);
      expect(first).toEqual((await alone.run({ x: denseInput(8 * (i + 1), i, 3) })).y);
      await alone.release();
    }
  });

  test('refuses bfloat16 and names the expected dtype', async () => {
    const session = await engine.load(identityModel('uint16'));
    await expect(session.run({ x: tensor('bfloat16', [1, 2]) })).rejects.toMatchObject({
      code: 'invalid_tensor',
      message: 'Input "x" takes uint16 elements, not bfloat16. Convert the tensor to uint16.',
    });
    await session.release();
  });

  test('returns all outputs or the requested ones', async () => {
    const session = await engine.load(twoOutputsModel());
    const x = float32([1, 2], [3, 4]);
    expect(await session.run({ x })).toEqual({ y: float32([1, 2], [4, 5]), z: float32([1, 2], [6, 8]) });
    expect(await session.run({ x }, ['z'])).toEqual({ z: float32([1, 2], [6, 8]) });
    expect(await session.run({ x }, [])).toEqual({});
    await expect(session.run({ x }, ['zz'])).rejects.toMatchObject({
      code: 'layer_not_found',
      details: { nearest: expect.arrayContaining(['z']), outputs: ['y', 'z'] },
    });
    await session.release();
  });

  test('reads external data beside the graph', async () => {
    const model = denseModel(64);
    expect(model.external).toHaveLength(1);
    const session = await engine.load(model);
    const other = await onnxruntimeNode({ threads: 1 }).load(model);
    const x = denseInput(64, 7);
    const [y, expected] = [(await session.run({ x })).y as Floats, (await other.run({ x })).y as Floats];
    expect(y.dims).toEqual([2, 64]);
    const scale = Math.max(...expected.data.map(Math.abs));
    for (const [i, value] of y.data.entries()) {
      expect(Math.abs(value - (expected.data[i] as number)) / scale).toBeLessThan(1e-6);
    }
    await Promise.all([session.release(), other.release()]);
  });

  describe('run with invalid inputs', () => {
    const good = float32([1, 2], [1, 2]);
    test.each([
      ['a missing input', {}, 'The inputs do not fit: "x" is missing. Give one tensor for each of "x".'],
      [
        'an unknown input',
        { x: good, y: good },
        'The inputs do not fit: "y" is not an input of the model. Give one tensor for each of "x".',
      ],
      [
        'an input of another dtype',
        { x: tensor('int32', [1, 2]) },
        'Input "x" takes float32 elements, not int32. Convert the tensor to float32.',
      ],
      ['an input of another rank', { x: float32([2], [1, 2]) }, 'Input "x" takes the shape [N, 2], not [2].'],
      ['an input with another dim', { x: float32([1, 3], [1, 2, 3]) }, 'Input "x" takes the shape [N, 2], not [1, 3].'],
    ])('refuses %s', async (_, feeds, message) => {
      const session = await engine.load(identityModel());
      await expect(session.run(feeds)).rejects.toMatchObject({ code: 'invalid_tensor', message });
      expect((await session.run({ x: good })).y).toEqual(good);
      await session.release();
    });
  });

  test.each([
    ['no bytes', new Uint8Array(0), 'invalid_model'],
    ['bytes that are no ONNX file', new TextEncoder().encode('not a model, but a text'), 'invalid_model'],
    ['half a file', denseModel(64).graph.slice(0, 100), 'invalid_model'],
    ['a node without its inputs', nodeModel('Add', ''), 'invalid_model'],
    ['an unknown operator', nodeModel('Sparkle', ''), 'unsupported_operator'],
    ['an unknown domain', nodeModel('Sparkle', 'com.example'), 'unsupported_operator'],
  ])('refuses to load %s', async (_, graph, code) => {
    await expect(engine.load({ graph })).rejects.toMatchObject({ code, details: { engine: engine.name } });
  });

  test('names an unsupported operator, and loads the next model', async () => {
    await expect(engine.load({ graph: nodeModel('Sparkle', '') })).rejects.toMatchObject({
      message: expect.stringContaining('No Op registered for Sparkle'),
      details: { operator: 'Sparkle' },
    });
    const session = await engine.load(identityModel());
    expect((await session.run({ x: float32([1, 2], [1, 2]) })).y?.data).toEqual(Float32Array.of(1, 2));
    await session.release();
  });

  test('reports a run that fails inside the graph', async () => {
    const session = await engine.load({ graph: nodeModel('Reshape', '', { target: [3n] }) });
    await expect(session.run({ x: float32([1, 2], [1, 2]) })).rejects.toMatchObject({
      code: 'engine_failure',
      message: expect.stringMatching(/could not run the model: .*Reshape/),
    });
    await session.release();
  });

  test('omits outputs that are not tensors', async () => {
    const session = await engine.load({ graph: sequenceModel() });
    const x = float32([1, 2], [1, 2]);
    expect(await session.run({ x })).toEqual({ y: x });
    await expect(session.run({ x }, ['sequence'])).rejects.toMatchObject({
      code: 'engine_failure',
      message: 'Output "sequence" is not a tensor of numbers and cannot be read. Ask for "y".',
    });
    await session.release();
  });

  test('gives the same results for concurrent and sequential runs', async () => {
    const { inTurn, atOnce } = await answersBothWays(engine);
    expect(atOnce).toEqual(inTurn);
  });

  test('finishes its runs before release, and refuses later ones', async () => {
    const session = await engine.load(denseModel(64));
    const run = session.run({ x: denseInput(64, 1) });
    const released = session.release();
    expect((await run).y?.dims).toEqual([2, 64]);
    await released;
    await session.release();
    await expect(session.run({ x: denseInput(64, 1) })).rejects.toMatchObject({ code: 'engine_failure' });
  });
});

test('onnxruntimeNode runs with the default number of threads', async () => {
  const session = await onnxruntimeNode().load(identityModel());
  expect((await session.run({ x: float32([1, 2], [1, 2]) })).y?.data).toEqual(Float32Array.of(1, 2));
  await session.release();
});

/** One node from `x` [N, 2] to `y`, which no builder would write; `target` becomes a second, constant input. */
function nodeModel(opType: string, domain: string, { target }: { target?: bigint[] } = {}): Uint8Array {
  const value = (name: string, dims: string[]) => ({
    name,
    type: { value: { case: 'tensorType' as const, value: { elemType: 1, shape: { dim: dims.map(extent) } } } },
  });
  const extent = (text: string) => ({
    value: Number.isInteger(Number(text))
      ? { case: 'dimValue' as const, value: BigInt(text) }
      : { case: 'dimParam' as const, value: text },
  });
  const model = create(ModelProtoSchema, {
    irVersion: 10n,
    opsetImport: [{ domain: '', version: 21n }, ...(domain ? [{ domain, version: 1n }] : [])],
    graph: {
      name: 'graph',
      input: [value('x', ['N', '2'])],
      output: [value('y', target ? ['M'] : ['N', '2'])],
      node: [{ opType, domain, input: target ? ['x', 'target'] : ['x'], output: ['y'] }],
      initializer: target ? [{ name: 'target', dataType: 7, dims: [BigInt(target.length)], int64Data: target }] : [],
    },
  });
  return toBinary(ModelProtoSchema, model);
}

function sequenceModel(): Uint8Array {
  const tensorType = { case: 'tensorType' as const, value: { elemType: 1 } };
  const model = create(ModelProtoSchema, {
    irVersion: 10n,
    opsetImport: [{ domain: '', version: 21n }],
    graph: {
      name: 'graph',
      input: [{ name: 'x', type: { value: tensorType } }],
      output: [
        { name: 'sequence', type: { value: { case: 'sequenceType', value: { elemType: { value: tensorType } } } } },
        { name: 'y', type: { value: tensorType } },
      ],
      node: [
        { opType: 'SequenceConstruct', input: ['x'], output: ['sequence'] },
        { opType: 'Identity', input: ['x'], output: ['y'] },
      ],
    },
  });
  return toBinary(ModelProtoSchema, model);
}
