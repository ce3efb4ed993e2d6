/** Values of Captum 0.9.0 in float64 for two inputs of different shapes. */
import { describe, expect, it } from 'vitest';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { expectValues } from '../../support/convention-maps.ts';
import { fractionRow, twoInputs } from '../../support/convention-nets.ts';

type Expected = Readonly<Record<'a' | 'b', readonly number[]>>;

/** A number for each element of `a` and each channel of `b`, or one for `a` and each column of `b`. */
const baselines = {
  channels: { a: float32([3], [0.25, -0.5, 1]), b: float32([1, 2, 1, 1], fractionRow(28, [2]).data) },
  columns: { a: float32([1], [0.5]), b: float32([1, 1, 1, 4], fractionRow(29, [4]).data) },
};

describe('two inputs with baselines that broadcast', async () => {
  const model = await twoInputs();
  const inputs = { a: float32([1, 3], [1.5, -2, 0.5]), b: fractionRow(27, [2, 2, 4], 2) };

  it.each<[string, keyof typeof baselines, object, Expected]>([
    [
      'feature_ablation',
      'channels',
      {},
      {
        a: [-0.1654053, -0.002441406, -0.1015625],
        b: [
          0.04302979, 0.03839111, -0.7041016, 0.5390625, 0.112793, -0.390625, 0.1542969, -0.3955078, -0.6701965,
          0.01757812, -1.028015, 0.3609924, 0.3650208, -0.7847595, -0.5727844, -0.8669128,
        ],
      },
    ],
    [
      'feature_ablation',
      'columns',
      {},
      {
        a: [-0.05358887, -0.09619141, 0.0],
        b: [
          0.0713501, 0.05603027, -0.8110352, 0.8310547, 0.04833984, -0.05859375, 0.6364746, -0.6811523, -0.9746704,
          0.1383667, 0.0168457, 1.09198, 0.3103027, 0.01904297, -0.04714966, -0.2036133,
        ],
      },
    ],
    [
      'feature_ablation',
      'channels',
      { feature_mask: { a: [0, 1, 0], b: [[[[2, 2, 3, 3]]]] } },
      {
        a: [-0.442749, -0.002441406, -0.442749],
        b: [
          -1.1091, -1.1091, -2.95459, -2.95459, -1.1091, -1.1091, -2.95459, -2.95459, -1.1091, -1.1091, -2.95459,
          -2.95459, -1.1091, -1.1091, -2.95459, -2.95459,
        ],
      },
    ],
    [
      'feature_ablation',
      'columns',
      { feature_mask: { a: [0, 1, 0], b: [[[[2, 2, 3, 3]]]] } },
      {
        a: [-0.05358887, -0.09619141, -0.05358887],
        b: [
          0.04846191, 0.04846191, 1.209717, 1.209717, 0.04846191, 0.04846191, 1.209717, 1.209717, 0.04846191,
          0.04846191, 1.209717, 1.209717, 0.04846191, 0.04846191, 1.209717, 1.209717,
        ],
      },
    ],
    [
      'feature_ablation',
      'channels',
      { feature_mask: { a: [[0, 1, 1]], b: [[[0], [2]]] } },
      {
        a: [-0.9847107, -0.03759766, -0.03759766],
        b: [
          -0.9847107, -0.9847107, -0.9847107, -0.9847107, -2.113098, -2.113098, -2.113098, -2.113098, -0.9847107,
          -0.9847107, -0.9847107, -0.9847107, -2.113098, -2.113098, -2.113098, -2.113098,
        ],
      },
    ],
    [
      'feature_ablation',
      'columns',
      { feature_mask: { a: [[0, 1, 1]], b: [[[0], [2]]] } },
      {
        a: [0.6479797, -0.09619141, -0.09619141],
        b: [
          0.6479797, 0.6479797, 0.6479797, 0.6479797, 0.3101807, 0.3101807, 0.3101807, 0.3101807, 0.6479797, 0.6479797,
          0.6479797, 0.6479797, 0.3101807, 0.3101807, 0.3101807, 0.3101807,
        ],
      },
    ],
    [
      'shapley_exact',
      'channels',
      { feature_mask: { a: [0, 1, 0], b: [[[[2, 2, 3, 3]]]] } },
      {
        a: [-0.4912821, 0.3316244, -0.4912821],
        b: [
          -0.4692688, -0.4692688, -2.615306, -2.615306, -0.4692688, -0.4692688, -2.615306, -2.615306, -0.4692688,
          -0.4692688, -2.615306, -2.615306, -0.4692688, -0.4692688, -2.615306, -2.615306,
        ],
      },
    ],
    [
      'shapley_exact',
      'columns',
      { feature_mask: { a: [0, 1, 0], b: [[[[2, 2, 3, 3]]]] } },
      {
        a: [-0.1992035, -0.2294769, -0.1992035],
        b: [
          0.4033966, 0.4033966, 1.083817, 1.083817, 0.4033966, 0.4033966, 1.083817, 1.083817, 0.4033966, 0.4033966,
          1.083817, 1.083817, 0.4033966, 0.4033966, 1.083817, 1.083817,
        ],
      },
    ],
    [
      'occlusion',
      'channels',
      { sliding_window_shape: [2, 1, 2, 3], strides: [1, 1, 1, 2] },
      {
        a: [-0.1489258, -0.09326172, -0.03759766],
        b: [
          -0.5488281, -0.5488281, -0.3879395, -0.2270508, -0.5488281, -0.5488281, -0.3879395, -0.2270508, -2.665039,
          -2.665039, -2.767609, -2.870178, -2.665039, -2.665039, -2.767609, -2.870178,
        ],
      },
    ],
    [
      'occlusion',
      'columns',
      { sliding_window_shape: [2, 1, 2, 3], strides: [1, 1, 1, 2] },
      {
        a: [-0.2133789, -0.1547852, -0.09619141],
        b: [
          -0.05111694, -0.05111694, -0.08692932, -0.1227417, -0.05111694, -0.05111694, -0.08692932, -0.1227417,
          -0.1023865, -0.1023865, 0.5540161, 1.210419, -0.1023865, -0.1023865, 0.5540161, 1.210419,
        ],
      },
    ],
    [
      'occlusion',
      'channels',
      { sliding_window_shape: [1, 2, 1, 1], strides: [1, 1, 1, 1] },
      {
        a: [-0.1654053, -0.002441406, -0.1015625],
        b: [
          -0.6489563, 0.04956055, -1.425903, 0.9199219, 0.4688416, -0.8677673, -0.5068665, -1.036102, -0.6489563,
          0.04956055, -1.425903, 0.9199219, 0.4688416, -0.8677673, -0.5068665, -1.036102,
        ],
      },
    ],
    [
      'occlusion',
      'columns',
      { sliding_window_shape: [1, 2, 1, 1], strides: [1, 1, 1, 1] },
      {
        a: [-0.05358887, -0.09619141, 0.0],
        b: [
          -0.9251099, 0.6494141, -0.8110352, 2.264038, 0.3547974, -0.03955078, 0.5195618, -0.6688843, -0.9251099,
          0.6494141, -0.8110352, 2.264038, 0.3547974, -0.03955078, 0.5195618, -0.6688843,
        ],
      },
    ],
  ])('are explained by %s with a baseline for %s and %j', async (method, kind, params, expected) => {
    const all = { preset: 'captum', ...params };
    await expectValues(model, { method, params: all, inputs, target: 1, baselines: baselines[kind] }, expected);
  });

  it.each([
    [{ a: [0, 1, 2] }, 'lacks the input "b"'],
    [{ a: 0, b: 0, c: 0 }, 'names "c"'],
    [{ a: 0, b: [[0, 1, 2]] }, 'does not broadcast'],
    [{ a: 0, b: [[0, 1], [2]] }, 'different lengths'],
    [{ a: 0, b: [0.5] }, 'where a whole number belongs'],
  ])('are refused with the mask %j', async (feature_mask, message) => {
    const request = { method: 'feature_ablation', params: { feature_mask }, inputs, target: 1 };
    await expect(expectValues(model, request, {})).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining(message),
    });
  });
});
