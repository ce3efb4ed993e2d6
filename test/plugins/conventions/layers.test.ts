/** Values of Captum 0.9.0 in float64: attributions to the output and to the input of a layer. */
import { describe, it } from 'vitest';
import { float32, type Tensor } from '../../../src/core/tensor/tensor.ts';
import { expectValues } from '../../support/convention-maps.ts';
import { convolutional, fractionRow, perceptron } from '../../support/convention-nets.ts';

const x = float32([1, 4], [2, -1.5, 0.5, -3]);
const baseline = float32([1, 4], [-1, 0.5, 2, -0.25]);
const path = { preset: 'captum', n_steps: 20 };

describe('internal_influence with a baseline', async () => {
  const model = await perceptron();
  it.each<[string, Readonly<Record<string, Tensor>>, readonly number[]]>([
    ['a row', { x: baseline }, [-0.653506, 0.0, 0.3553649, -0.7441406, -0.3212891]],
    ['one number', { x: float32([1, 1], [0.75]) }, [-0.7248316, 0.0, 0.0, -0.7441406, -0.2242834]],
    ['none', {}, [-1.003906, 0.0, 0.0, -0.5372779, 0.0]],
  ])('takes %s', async (_, baselines, expected) => {
    const request = {
      method: 'internal_influence',
      params: { ...path, target_layer: 'first' },
      inputs: { x },
      target: 1,
    };
    await expectValues(model, { ...request, baselines }, { first: expected });
  });
});

describe('the input of a layer, named as a tensor', async () => {
  const model = await perceptron();
  it.each<[string, string, Readonly<Record<string, unknown>>, readonly number[]]>([
    ['layer_activation', 'x', {}, [2.0, -1.5, 0.5, -3.0]],
    ['layer_gradient_x_activation', 'x', {}, [-1.787964, 0.1329346, 0.0852356, -3.486877]],
    ['layer_conductance', 'x', path, [-3.147287, 0.2389652, 0.2838515, -1.38862]],
    ['internal_influence', 'x', path, [-1.057386, -0.08584839, -0.1528842, 0.5679988]],
    ['layer_integrated_gradients', 'x', path, [-3.172157, 0.1716968, 0.2293262, -1.561997]],
    ['deep_lift', 'x', {}, [-3.155276, 0.2229001, 0.2296199, -1.540622]],
    ['layer_feature_ablation', 'x', {}, [-2.218628, -0.1036377, 0.0852356, -2.653534]],
    ['layer_feature_ablation', 'x', { baseline: [0.5, -1, 0.25, 2] }, [-1.633209, 0.04431152, 0.0426178, -2.671753]],
    ['lrp', 'x', {}, [-1.787964, 0.1329346, 0.0852356, -3.486877]],
    ['layer_activation', 'relu1', {}, [2.546875, 0.0, 0.0, 2.515625, 0.0]],
    ['layer_gradient_x_activation', 'relu1', {}, [-2.556824, 0.0, 0.0, -1.871979, -0.0]],
    ['layer_conductance', 'relu1', path, [-2.543936, 0.0, -0.3407707, -1.819842, 0.4837075]],
    ['internal_influence', 'relu1', path, [-1.003906, 0.4453125, 0.4921875, -0.7441406, -0.6425781]],
    ['layer_integrated_gradients', 'relu1', path, [-2.556824, 0.0, -0.3422241, -1.831284, 0.4869537]],
    ['deep_lift', 'relu1', {}, [-2.556824, 0.0, -0.3422241, -1.831284, 0.4869537]],
    ['layer_feature_ablation', 'relu1', {}, [-2.556824, 0.0, 0.0, -1.979401, 0.0]],
    [
      'layer_feature_ablation',
      'relu1',
      { baseline: [0.5, -1, 0.25, 2, 1] },
      [-2.054871, 0.4453125, -0.1230469, -0.3836975, 0.6425781],
    ],
    ['lrp', 'relu1', {}, [-2.556824, 0.0, 0.0, -1.871979, -0.0]],
  ])('%s gives it the values of Captum at %s with %o', async (method, layer, params, expected) => {
    const all = { preset: 'captum', ...params, target_layer: layer };
    const request = { method, params: all, inputs: { x }, target: 1, baselines: { x: baseline } };
    await expectValues(model, request, { [layer]: expected });
  });
});

describe('a convolution before SiLU', async () => {
  const model = await convolutional([3, 4], { channels: 3, activation: 'SiLU', seed: 9 });
  const request = { inputs: { image: fractionRow(22, [2, 3, 4], 2) }, target: 2 };
  const explain = (method: string, layer: string, params: object, expected: readonly number[]) =>
    expectValues(
      model,
      {
        ...request,
        method,
        params: { preset: 'captum', target_layer: layer, ...params },
        ...(method === 'internal_influence' && { baselines: { image: fractionRow(23, [2, 3, 4]) } }),
      },
      { [layer]: expected },
    );

  it.each<[string, object, readonly number[]]>([
    [
      'a number for each element',
      { baseline: [...fractionRow(24, [3, 3, 4]).data] },
      [
        -0.0095731, 0.04514662, -0.0001223901, -0.001795743, 0.009179291, 0.01869901, -0.006648076, 0.01356711,
        -0.0007239644, 0.01572573, -0.0001655162, 0.004580824, -0.06011717, -0.006248567, -0.0005650529, 0.003007846,
        0.01026071, -0.02373558, -0.04171679, -0.002580886, -0.01350663, 0.009138254, -0.09332343, 0.018287,
        -0.05189825, 0.0189639, -0.001328762, -0.03230158, -0.001239855, -0.07700664, 0.02041931, 0.01399457,
        -0.02512014, -0.05283991, 0.01159047, 0.002605808,
      ],
    ],
    [
      'a number for each channel',
      { baseline: [...fractionRow(25, [3]).data] },
      [
        -0.007078086, 0.04232394, -0.004690609, -0.006195307, 0.008611548, 0.01224221, -0.006355501, 0.01031212,
        -0.00476735, 0.01435097, -0.007062266, 0.001538813, -0.05719573, -0.002083852, 0.00349709, 0.003884924,
        -0.0003926265, -0.02373558, -0.03845412, 0.001250623, -0.01185224, 0.002736011, -0.09022648, 0.004660018,
        -0.06747015, 0.002616502, 0.001575611, -0.03759185, 0.001255353, -0.09830488, 0.002477377, -0.01462336,
        -0.02683547, -0.07501052, 0.00353154, -0.0007665236,
      ],
    ],
    [
      'a number for each place',
      { baseline: spread(fractionRow(26, [3, 4]).data) },
      [
        -0.004951273, 0.04790045, 0.001766199, 0.0001851121, 0.01283618, 0.009411662, -0.002693606, 0.01612306,
        0.001444812, 0.0190816, -0.007354842, 0.007235428, -0.05310478, -0.004202358, -0.0002059494, 0.0003193858,
        -7.774271e-5, -0.01072139, -0.03712631, -0.001289854, -0.01511491, 0.002140096, -0.08178063, 0.002325326,
        -0.05818866, 0.002928769, -0.0004008922, -0.03936974, 0.005082517, -0.07613426, 0.007767649, -0.01492061,
        -0.02817589, -0.07249895, 0.01910343, -0.0007665236,
      ],
    ],
    [
      'one number',
      { baseline: 0.5 },
      [
        -0.007668932, 0.04173309, -0.005281456, -0.006786153, 0.008020702, 0.01165136, -0.006946348, 0.009721273,
        -0.005358196, 0.01376012, -0.007653113, 0.0009479666, -0.04821299, 0.006898887, 0.01247983, 0.01286766,
        0.008590113, -0.01475284, -0.02947138, 0.01023336, -0.002869496, 0.01171875, -0.08124374, 0.01364276,
        -0.05112275, 0.0189639, 0.01792301, -0.02124445, 0.01760275, -0.08195748, 0.01882478, 0.001724037, -0.01048807,
        -0.05866312, 0.01987894, 0.01558088,
      ],
    ],
    [
      'rows as features, and a number for each element',
      { baseline: [...fractionRow(24, [3, 3, 4]).data], feature_mask: { conv: [[0], [1], [2]] } },
      [
        -0.09683225, -0.09683225, -0.09683225, -0.09683225, -0.06680782, -0.06680782, -0.06680782, -0.06680782,
        -0.1237515, -0.1237515, -0.1237515, -0.1237515, -0.09683225, -0.09683225, -0.09683225, -0.09683225, -0.06680782,
        -0.06680782, -0.06680782, -0.06680782, -0.1237515, -0.1237515, -0.1237515, -0.1237515, -0.09683225, -0.09683225,
        -0.09683225, -0.09683225, -0.06680782, -0.06680782, -0.06680782, -0.06680782, -0.1237515, -0.1237515,
        -0.1237515, -0.1237515,
      ],
    ],
  ])('is ablated with %s', (_, params, expected) => explain('layer_feature_ablation', 'conv', params, expected));

  it.each<[string, readonly number[]]>([
    [
      'conv',
      [
        0.007160994, 0.01408723, 0.008110003, 0.007376637, 0.008622362, 0.01026503, 0.006911374, 0.01087598,
        0.001393072, 0.0134978, 0.002304511, 0.01226707, -0.02222648, -0.008915739, 0.0004432067, -0.005789911,
        0.001833114, -0.02405084, -0.01883104, 0.001799397, -0.009112562, -0.003351093, -0.02428043, 0.00150662,
        -0.0255166, -0.00404036, -0.006454036, -0.03095785, -0.008440414, -0.03541125, -0.001478672, -0.0279087,
        -0.01634116, -0.02434093, -0.008720883, -0.008798208,
      ],
    ],
    [
      'image',
      [
        0.03354712, 0.01509854, 0.0272065, -0.002721611, -0.0389876, 0.04806778, 0.012718, -0.03760404, -0.03024726,
        -0.06268558, 0.008570456, -0.02362831, -0.01394494, 0.0527902, 0.03807816, -0.01340145, 0.03467303, 0.006105532,
        0.06309245, 0.01378266, -0.007061955, -0.01667625, -0.002772346, 0.02365652,
      ],
    ],
  ])('has the internal influence of %s on the way from a baseline', (layer, expected) =>
    explain('internal_influence', layer, { n_steps: 10 }, expected),
  );
});

/** A row of places for each of three channels. */
const spread = (places: ArrayLike<number>): number[] => [0, 1, 2].flatMap(() => Array.from(places));
