/** Relevance by zennit 0.5.1 and Captum 0.9.0 in float64, with weights, biases and inputs of both signs. */
import { describe, expect, it } from 'vitest';
import type { Model } from '../../../src/core/model/model.ts';
import type { Inputs } from '../../../src/core/tensor/rows.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { expectValues } from '../../support/convention-maps.ts';
import { flattened, fractionRow, perceptron } from '../../support/convention-nets.ts';

/** A network with the layers that rules are given for. */
interface Net {
  readonly model: Model;
  readonly inputs: Inputs;
  readonly layers: readonly string[];
}

const expectRelevance = (net: Net, rule: string, params: object, expected: Record<string, readonly number[]>) =>
  expectValues(
    net.model,
    {
      method: 'lrp',
      params: { ...params, rules: net.layers.map((layer) => `${layer}=${rule}`) },
      inputs: net.inputs,
      target: 1,
    },
    expected,
  );

describe('rules of lrp with negative weights and inputs', async () => {
  const vector = {
    model: await perceptron(),
    inputs: { x: float32([1, 4], [2, -1.5, 0.5, -3]) },
    layers: ['first', 'second', 'third'],
  };
  const image = { model: await flattened(), inputs: { image: fractionRow(30, [2, 3, 4], 2) }, layers: ['conv', 'fc'] };

  it.each<[string, object, readonly number[]]>([
    [
      'gamma',
      { preset: 'zennit', gamma: 0.25, epsilon: 1e-9 },
      [
        -0.9008826, 0.5223896, -0.2120997, 0.01013727, -0.4420353, -0.2381628, 1.887619, -0.08541604, 0.1744021,
        -0.9287112, -0.3191267, 0.2608206, 0.1365649, -0.05654532, 0.04851427, -0.001490645, -1.199436, -0.3458288,
        0.1500031, -0.1756383, -0.05544949, -0.5930442, -0.290939, -0.3696447,
      ],
    ],
    [
      'gamma',
      { preset: 'zennit', gamma: 1, epsilon: 1e-9 },
      [
        -0.5784814, 0.2067964, -0.1890855, -0.0513269, -0.2950767, -0.1885813, 0.614132, -0.1377806, 0.06584704,
        -0.6030003, -0.2726526, 0.08225622, 0.06404822, -0.1618698, -0.05424747, -0.02692011, -0.8962696, -0.2432534,
        0.01777065, -0.1856492, -0.03980073, -0.4999766, -0.2051897, -0.2439792,
      ],
    ],
    [
      'alpha2beta1',
      { preset: 'zennit', epsilon: 1e-9 },
      [
        0.4512565, -2.16385, 0.05983641, -0.08897725, -1.538434, 0.3142632, -6.188723, -1.041027, -0.2449243, 0.9064904,
        -0.02931003, -1.841002, -0.3699808, -1.08421, -0.8047685, -0.05037992, 0.5740318, -0.2626106, -0.1918545,
        -0.1712467, 0.05395058, -0.1053333, 0.03214359, -0.6434542,
      ],
    ],
    [
      'zplus',
      { preset: 'zennit', epsilon: 1e-9 },
      [
        -0.121071, -0.5003843, -0.02484089, 0.0, -0.5338316, -0.05553788, -1.320181, -0.2841022, -0.02539988,
        -0.01470519, -0.0994526, -0.4744241, -0.05844051, -0.3727671, -0.1697624, 0.0, -0.2029613, -0.2136993,
        -0.1494156, -0.2245686, 0.0, -0.1981698, -0.05614215, -0.456047,
      ],
    ],
    [
      'captum_gamma',
      { preset: 'captum', gamma: 0.25 },
      [
        -2.369951, 1.390921, 0.01872107, 0.1016315, -1.95833, -1.188488, 4.642701, -0.1436468, 0.564114, -1.419726,
        -0.3580119, 0.6985832, 0.1665477, 0.9798627, 1.071703, 0.001981067, 0.6439181, -0.7847474, -0.01600353,
        0.005807606, -0.1070198, -0.1586107, -0.3626098, -0.5938163,
      ],
    ],
    [
      'alpha1beta0',
      { preset: 'captum' },
      [
        -0.5407189, -3.326708, -0.19576, -0.0, -2.64023, 0.1142691, -6.934385, -1.228426, 0.1519772, 0.0879868, 0.0,
        -2.066724, -0.04449555, 0.7774063, 0.0, -0.0, 0.7225892, -1.053749, 0.2856394, 0.5455173, -0.0, -0.1166041, 0.0,
        0.8728276,
      ],
    ],
  ])('%s with %o has the relevance of the library behind a convolution', (rule, params, expected) =>
    expectRelevance(image, rule, params, { image: expected }),
  );

  it.each<[string, object, readonly number[]]>([
    ['gamma', { preset: 'zennit', gamma: 0.25, epsilon: 1e-9 }, [-1.556577, -0.05960735, 0.04160569, -3.133762]],
    ['gamma', { preset: 'zennit', gamma: 1, epsilon: 1e-9 }, [-1.298136, -0.2514861, -0.02358338, -2.721566]],
    ['alpha2beta1', { preset: 'zennit', epsilon: 1e-9 }, [4.028476, 0.02605041, -3.880629, 8.909504]],
    ['epsilon', { preset: 'zennit' }, [-1.787962, 0.1329344, 0.08523553, -3.486874]],
    ['wsquare', { preset: 'zennit' }, [-0.3953264, -0.3817921, -0.6033112, -0.5640607]],
    ['flat', { preset: 'zennit' }, [-1.192161, -1.192161, -1.192161, -1.192161]],
    ['zbox', { preset: 'zennit', low: -4, high: 3 }, [-0.105349, -1.420295, -1.266618, -1.976379]],
    ['captum_gamma', { preset: 'captum', gamma: 0.25 }, [-2.12075, 0.2504893, 0.04374706, -3.374632]],
  ])('%s with %o has the relevance of the library behind dense layers', (rule, params, expected) =>
    expectRelevance(vector, rule, params, { x: expected }),
  );

  it.each([
    ['relu1=gamma', 'names no layer with weights'],
    ['nothing=gamma', 'names no layer with weights'],
    ['first=gama', 'is not of the form layer=rule'],
  ])('refuse the rule %s', async (rule, message) => {
    const request = { method: 'lrp', params: { rules: [rule] }, inputs: vector.inputs, target: 1 };
    await expect(expectValues(vector.model, request, {})).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining(message),
    });
  });
});
