/** Inputs of whole numbers: computed with as floating point, fed and described as the file has them. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import { imageInputs } from '../../../src/core/model/image-tensor.ts';
import { checkInputs } from '../../../src/core/model/inputs.ts';
import type { Model } from '../../../src/core/model/model.ts';
import { int, ints } from '../../../src/core/onnx/attributes.ts';
import { makeConstant } from '../../../src/core/onnx/constant.ts';
import { elementNumber } from '../../../src/core/onnx/elements.ts';
import type { Dim, Node } from '../../../src/core/onnx/graph.ts';
import { float32, type Tensor, tensor } from '../../../src/core/tensor/tensor.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';
import { graphOf, node } from '../../support/onnx-file.ts';

const explainer = explainerOf(plugins.map(({ method }) => method));
const toFloat = (from: string, to: string): Node => node('Cast', [from], [to], { to: int(elementNumber('float32')) });

type Dtype = 'uint8' | 'int8' | 'int32' | 'int64' | 'float32';

/** Opens a model of images: the mean of each channel, of pixels after `nodes`, which make "x" [N, 3, H, W] of "img". */
function opened(dtype: Dtype, dims: readonly Dim[], nodes: readonly Node[]): Promise<Model> {
  return openGraph(
    graphOf({
      inputs: [{ name: 'img', dtype, dims }],
      outputs: [{ name: 'y', dtype: 'float32', dims: [dims.length === 4 ? 'N' : 1, 3] }],
      constants: new Map([
        ['axes', makeConstant('int64', [2], [2, 3])],
        ['rows', makeConstant('int64', [1], [0])],
        ['scale', makeConstant('float32', [], [0.5])],
        ['zero', makeConstant('uint8', [], [3])],
        ['ten', makeConstant('uint8', [], [10])],
      ]),
      nodes: [...nodes, node('ReduceMean', ['x', 'axes'], ['y'], { keepdims: int(0) })],
    }),
  );
}

/** An image of 8 by 8 pixels of one colour. */
const plain = (red: number, green: number, blue: number) => ({
  width: 8,
  height: 8,
  data: new Uint8Array(256).map((_, i) => [red, green, blue, 255][i % 4] as number),
});

const read = (model: Model) => {
  if (!model.preprocessing) throw new Error('no preprocessing');
  return imageInputs(model, plain(10, 200, 30), model.preprocessing).inputs.img as Tensor;
};

describe('images of whole numbers', () => {
  it.each([
    ['uint8', ['N', 3, 8, 8], [toFloat('img', 'x')], [1, 3, 8, 8], [10, 200, 30]],
    ['int8', ['N', 3, 8, 8], [toFloat('img', 'x')], [1, 3, 8, 8], [-118, 72, -98]],
    ['int32', ['N', 3, 8, 8], [toFloat('img', 'x')], [1, 3, 8, 8], [10, 200, 30]],
    [
      'uint8',
      ['N', 3, 8, 8],
      [node('DequantizeLinear', ['img', 'scale', 'zero'], ['x'])],
      [1, 3, 8, 8],
      [3.5, 98.5, 13.5],
    ],
    [
      'int64',
      [1, 8, 8, 3],
      [node('Transpose', ['img'], ['t'], { perm: ints([0, 3, 1, 2]) }), toFloat('t', 'x')],
      [1, 8, 8, 3],
      [10, 200, 30],
    ],
    [
      'uint8',
      [8, 8, 3],
      [
        node('Unsqueeze', ['img', 'rows'], ['u']),
        node('Transpose', ['u'], ['t'], { perm: ints([0, 3, 1, 2]) }),
        toFloat('t', 'x'),
      ],
      [8, 8, 3],
      [10, 200, 30],
    ],
  ] as const)('%s %j are pixels as they are, and have gradients', async (dtype, dims, nodes, shape, means) => {
    const model = await opened(dtype, dims, nodes);
    const img = read(model);
    expect(img).toMatchObject({ dtype, dims: shape });
    expect(model.description.inputs[0]).toMatchObject({ dtype, modality: { value: 'image' } });
    for (const [target, mean] of means.entries()) {
      const { rows } = await explainer.explain(model, { method: 'input_x_gradient', target, inputs: { img } });
      const [row] = rows;
      expect(row?.score).toBeCloseTo(mean, 3);
      expect(row?.map?.dims).toEqual([8, 8]);
      expect(row?.diagnostics.warnings.map(({ code }) => code)).not.toContain('straight_through');
    }
  });

  it('are blurred, hidden and mixed as other images are', async () => {
    const model = await opened('uint8', ['N', 3, 8, 8], [toFloat('img', 'x')]);
    for (const method of ['occlusion', 'lime', 'rise']) {
      const { rows } = await explainer.explain(model, { method, target: 1, inputs: { img: read(model) } });
      expect(rows[0]?.map?.dims).toEqual([8, 8]);
    }
  });

  it('are rounded again for operators that compute with whole numbers', async () => {
    const nodes = [node('Max', ['img', 'ten'], ['m']), toFloat('m', 'x')];
    const model = await opened('uint8', ['N', 3, 8, 8], nodes);
    const { rows } = await explainer.explain(model, { method: 'occlusion', target: 1, inputs: { img: read(model) } });
    expect(rows[0]?.score).toBeCloseTo(200, 3);
  });

  it('refuse floating point tensors, and preprocessing that leaves nothing but 0 and 1', async () => {
    const model = await opened('uint8', ['N', 3, 8, 8], [toFloat('img', 'x')]);
    expect(() => checkInputs(model, { img: float32([1, 3, 8, 8]) })).toThrow('must be of type uint8');
    const { size } = model.preprocessing ?? {};
    const stated = { ...model.preprocessing, size, scale: 1 / 255 } as Model['preprocessing'];
    await expect(
      openGraph(
        graphOf({
          inputs: [{ name: 'img', dtype: 'uint8', dims: ['N', 3, 8, 8] }],
          outputs: [{ name: 'y', dtype: 'float32', dims: ['N', 3, 8, 8] }],
          nodes: [toFloat('img', 'y')],
        }),
        { preprocessing: stated as never },
      ),
    ).rejects.toMatchObject({ code: 'invalid_config', message: expect.stringContaining('state "scale": 1') });
  });
});

describe('columns of whole numbers', () => {
  it('have gradients where the model makes them float32', async () => {
    const model = await openGraph(
      graphOf({
        inputs: [{ name: 'row', dtype: 'int64', dims: ['N', 3] }],
        outputs: [{ name: 'y', dtype: 'float32', dims: ['N', 1] }],
        constants: new Map([['w', makeConstant('float32', [3, 1], [1, 10, 100])]]),
        nodes: [toFloat('row', 'f'), node('MatMul', ['f', 'w'], ['y'])],
      }),
    );
    const inputs = { row: tensor('int64', [1, 3], [3, 2, 1]) };
    const { rows } = await explainer.explain(model, { method: 'integrated_gradients', target: 0, inputs });
    expect([...(rows[0]?.values.row?.data ?? [])].map(Math.round)).toEqual([3, 20, 100]);
  });
});

describe('sounds of whole numbers', () => {
  it('are explained in windows, by gradients too', async () => {
    const model = await openGraph(
      graphOf({
        inputs: [{ name: 'waveform', dtype: 'int16', dims: ['N', 8000] }],
        outputs: [{ name: 'y', dtype: 'float32', dims: ['N', 2] }],
        constants: new Map([
          [
            'w',
            makeConstant(
              'float32',
              [8000, 2],
              Float32Array.from({ length: 16_000 }, (_, i) => (i % 2) * 1e-3),
            ),
          ],
        ]),
        nodes: [toFloat('waveform', 'f'), node('MatMul', ['f', 'w'], ['y'])],
      }),
    );
    const inputs = { waveform: tensor('int16', [1, 8000], new Int16Array(8000).fill(1000)) };
    const { rows } = await explainer.explain(model, { method: 'integrated_gradients', target: 1, inputs });
    expect(rows[0]?.values.waveform?.data[5]).toBeCloseTo(1, 3);
    expect((await explainer.explain(model, { method: 'occlusion', target: 1, inputs })).rows).toHaveLength(1);
  });
});
