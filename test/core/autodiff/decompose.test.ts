/** Every decomposition: the parts give what the operator gives, and their gradient agrees with its central differences. */
import { describe, expect, it } from 'vitest';
import { compile } from '../../../src/core/autodiff/compile.ts';
import { decompositions } from '../../../src/core/autodiff/decompose/index.ts';
import { type RuleCase, ruleKey } from '../../../src/core/autodiff/rule.ts';
import { gradient } from '../../../src/core/autodiff/rulesets/gradient.ts';
import { float, floats, string, strings } from '../../../src/core/onnx/attributes.ts';
import type { Tensor } from '../../../src/core/tensor/tensor.ts';
import { open } from '../../support/engine.ts';
import { buildCase, checkRule } from '../../support/gradient-check.ts';

const weights = (...dims: number[]) => ({ dims, constant: true });
const ints = (...data: number[]) => ({ dims: [data.length], data, dtype: 'int32' as const });
const numbers = (...data: number[]) => ({ dims: [data.length], data, dtype: 'int64' as const });
const scalar = (value: number) => ({ dims: [], data: [value], dtype: 'int64' as const });
const places = { dims: [2, 3], data: [0, 1, 2, 3, 1, 0], dtype: 'int64' as const };
const x = { dims: [3, 4], range: [-2, 2] as const };

/** Query, key, value, state, decay and rate; two queries share each head of the state. */
const linearAttention = (rule: string, decay: number[] | null, rate: number[] | null, state: number[] | null) => ({
  inputs: [[2, 3, 8], [2, 3, 4], [2, 3, 6], state, decay, rate],
  attributes: { q_num_heads: 4, kv_num_heads: 2, update_rule: string(rule), scale: float(0.7) },
  outputs: 2,
});
const linearAttentions: readonly RuleCase[] = [
  linearAttention('linear', null, null, null),
  linearAttention('gated', [2, 3, 4], null, [2, 2, 2, 3]),
  linearAttention('delta', null, [2, 3, 2], null),
  linearAttention('gated_delta', [2, 3, 2], [2, 3, 1], [2, 2, 2, 3]),
];

const microsoft: Record<string, readonly RuleCase[]> = {
  LinearAttention: linearAttentions,
  Gelu: [{ inputs: [x] }],
  FastGelu: [{ inputs: [x] }, { inputs: [x, [4]] }],
  BiasGelu: [{ inputs: [x, [4]] }],
  QuickGelu: [{ inputs: [x] }, { inputs: [x], attributes: { alpha: float(0.7) } }],
  FusedConv: [
    {
      inputs: [[1, 2, 4, 4], weights(3, 2, 3, 3), weights(3)],
      attributes: { activation: 'Sigmoid', pads: [1, 1, 1, 1] },
    },
    {
      inputs: [[1, 2, 4, 4], weights(2, 1, 3, 3)],
      attributes: { activation: 'LeakyRelu', activation_params: floats([0.2]), group: 2, strides: [2, 2] },
    },
    { inputs: [[1, 2, 3, 3], weights(2, 2, 1, 1), weights(2), [1, 2, 3, 3]], attributes: { activation: 'Tanh' } },
    {
      inputs: [[1, 2, 3, 3], weights(2, 2, 1, 1)],
      attributes: { activation: 'HardSigmoid', activation_params: floats([0.1, 0.5]) },
    },
  ],
  FusedMatMul: [
    {
      inputs: [
        [2, 3],
        [3, 4],
      ],
      attributes: { alpha: float(0.5) },
    },
    {
      inputs: [
        [3, 2],
        [4, 3],
      ],
      attributes: { transA: 1, transB: 1 },
    },
    {
      inputs: [
        [2, 3, 4],
        [2, 5, 4],
      ],
      attributes: { transB: 1 },
    },
    {
      inputs: [
        [3, 2, 4],
        [2, 4, 5],
      ],
      attributes: { transBatchA: 1 },
    },
    {
      inputs: [
        [4, 2, 3],
        [2, 4, 5],
      ],
      attributes: { transBatchA: 1, transA: 1 },
    },
  ],
  FusedGemm: [
    { inputs: [[2, 3], [4, 3], [4]], attributes: { transB: 1, activation: 'Sigmoid', alpha: float(0.5) } },
    {
      inputs: [
        [2, 3],
        [3, 4],
      ],
      attributes: { activation: 'LeakyRelu', activation_alpha: float(0.3) },
    },
  ],
  SkipLayerNormalization: [
    { inputs: [[2, 3, 4], [2, 3, 4], weights(4), weights(4)] },
    { inputs: [[2, 3, 4], [2, 3, 4], [4], [4], [4]], attributes: { epsilon: float(0.1) } },
  ],
  RotaryEmbedding: [
    { inputs: [[2, 2, 3, 4], places, weights(5, 2), weights(5, 2)] },
    { inputs: [[2, 3, 8], places, weights(5, 2), weights(5, 2)], attributes: { num_heads: 2, interleaved: 1 } },
    { inputs: [[2, 3, 8], numbers(1), weights(5, 2), weights(5, 2)], attributes: { num_heads: 2 } },
    {
      inputs: [[2, 3, 12], places, weights(5, 2), weights(5, 2)],
      attributes: { num_heads: 2, rotary_embedding_dim: 4 },
    },
  ],
  SkipSimplifiedLayerNormalization: [{ inputs: [[2, 3, 4], [2, 3, 4], weights(4), weights(4)] }],
  Attention: [
    { inputs: [[2, 3, 4], weights(4, 12), weights(12)], attributes: { num_heads: 2 } },
    { inputs: [[2, 3, 4], weights(4, 12), weights(12)], attributes: { num_heads: 2, unidirectional: 1 } },
    {
      inputs: [[2, 3, 4], weights(4, 12), weights(12), { ...ints(1, 1, 0, 1, 1, 1), dims: [2, 3] }],
      attributes: { num_heads: 1 },
    },
    { inputs: [[2, 3, 4], weights(4, 12), weights(12), ints(2, 3)], attributes: { num_heads: 2 } },
    { inputs: [[1, 3, 4], weights(4, 12), weights(12), null, null, [1, 2, 3, 3]], attributes: { num_heads: 2 } },
    {
      inputs: [[1, 3, 4], weights(4, 10), weights(10)],
      attributes: { num_heads: 2, qkv_hidden_sizes: [4, 4, 2], scale: float(0.3) },
    },
    {
      inputs: [[2, 3, 4], weights(4, 12), weights(12), null, [2, 2, 2, 4, 2]],
      attributes: { num_heads: 2 },
      outputs: 2,
    },
    {
      inputs: [[2, 3, 4], weights(4, 12), weights(12), null, [2, 2, 2, 4, 2]],
      attributes: { num_heads: 2, unidirectional: 1 },
      outputs: 2,
    },
  ],
  MultiHeadAttention: [
    {
      inputs: [
        [2, 3, 4],
        [2, 5, 4],
        [2, 5, 4],
      ],
      attributes: { num_heads: 2 },
    },
    { inputs: [[2, 3, 4], [2, 3, 4], [2, 3, 4], [12]], attributes: { num_heads: 2, scale: float(0.5) } },
    {
      inputs: [[2, 3, 4], [2, 3, 4], [2, 3, 4], null, { ...ints(1, 1, 0, 1, 1, 1), dims: [2, 3] }],
      attributes: { num_heads: 1 },
    },
    { inputs: [[1, 3, 4], [1, 3, 4], [1, 3, 4], null, null, [1, 2, 3, 3]], attributes: { num_heads: 2 } },
    {
      inputs: [
        [2, 3, 4],
        [2, 2, 5, 2],
        [2, 2, 5, 2],
      ],
      attributes: { num_heads: 2 },
    },
    {
      inputs: [[2, 3, 4], [2, 3, 4], [2, 3, 4], null, null, null, [2, 2, 4, 2], [2, 2, 4, 2]],
      attributes: { num_heads: 2 },
      outputs: 3,
    },
    {
      inputs: [[2, 3, 4], [2, 3, 4], [2, 3, 4], null, null, null, [2, 2, 4, 2], [2, 2, 4, 2]],
      attributes: { num_heads: 2, unidirectional: 1 },
      outputs: 3,
    },
  ],
};

const [T, N, I, H] = [3, 2, 2, 3];
const layer = (gates: number, directions = 1) => [weights(directions, gates * H, I), weights(directions, gates * H, H)];
const state = (directions = 1) => [directions, N, H];
const hidden = { hidden_size: H };

/** Forms that LSTM, GRU and RNN share. */
const recurrent = (gates: number): RuleCase[] => [
  { inputs: [[T, N, I], ...layer(gates)], attributes: hidden, outputs: 2 },
  {
    inputs: [[T, N, I], ...layer(gates), weights(1, 2 * gates * H), null, state()],
    attributes: { ...hidden, direction: 'reverse' },
    outputs: 2,
  },
  {
    inputs: [[T, N, I], ...layer(gates, 2), weights(2, 2 * gates * H), null, state(2)],
    attributes: { ...hidden, direction: 'bidirectional' },
    outputs: 2,
  },
  {
    inputs: [[T, N, I], ...layer(gates, 2), null, ints(2, 3)],
    attributes: { ...hidden, direction: 'bidirectional' },
    outputs: 2,
  },
  { inputs: [[T, N, I], ...layer(gates), null, ints(3, 1), state()], attributes: hidden, outputs: 2 },
  { inputs: [[1, N, I], ...layer(gates)], attributes: { ...hidden, clip: float(0.9) }, outputs: 2 },
];

const standard: Record<string, readonly RuleCase[]> = {
  STFT: [
    { inputs: [[2, 12], scalar(3), null, scalar(4)] },
    { inputs: [[2, 11], scalar(2), weights(5)] },
    { inputs: [[1, 11, 1], scalar(4), weights(6), scalar(6)], attributes: { onesided: 0 } },
  ],
  SimplifiedLayerNormalization: [
    { inputs: [[2, 3, 4], weights(4)] },
    { inputs: [[2, 3, 4], [4]], attributes: { epsilon: float(0.1), axis: -1 } },
  ],
  LSTM: [
    ...recurrent(4),
    {
      inputs: [[T, N, I], ...layer(4), weights(1, 8 * H), null, state(), state(), weights(1, 3 * H)],
      attributes: hidden,
      outputs: 3,
    },
    {
      inputs: [[T, N, I], ...layer(4)],
      attributes: { ...hidden, input_forget: 1, activations: strings(['HardSigmoid', 'Softsign', 'Elu']) },
      outputs: 3,
    },
  ],
  GRU: [
    ...recurrent(3),
    {
      inputs: [[T, N, I], ...layer(3), weights(1, 6 * H), null, state()],
      attributes: { ...hidden, linear_before_reset: 1 },
      outputs: 2,
    },
  ],
  RNN: [
    ...recurrent(1),
    {
      inputs: [[T, N, I], ...layer(1)],
      attributes: {
        ...hidden,
        activations: strings(['ScaledTanh']),
        activation_alpha: floats([0.8]),
        activation_beta: floats([1.3]),
      },
      outputs: 2,
    },
  ],
};

const classes = { dims: [3, 2], data: [0, 2, 1, 3, -1, 0], dtype: 'int64' as const };

/** Offsets in pixels, away from whole numbers, where the slope of interpolation jumps. */
const offsets = (...dims: number[]) => ({ dims, range: [-0.85, -0.15] as const });

/** Younger than the operator set of graphs in memory, losses, and training forms. */
Object.assign(standard, {
  RotaryEmbedding: [
    { inputs: [[1, 2, 3, 4], weights(1, 3, 2), weights(1, 3, 2)] },
    {
      inputs: [[2, 3, 8], weights(4, 1), weights(4, 1), places],
      attributes: { num_heads: 2, rotary_embedding_dim: 2 },
    },
  ],
  TensorScatter: [
    { inputs: [[2, 4, 3], [2, 2, 3], numbers(1, 2)] },
    { inputs: [[2, 2, 4, 1], [2, 2, 3, 1], numbers(2, 3)], attributes: { mode: 'circular' } },
    {
      inputs: [
        [2, 4],
        [2, 2],
      ],
      attributes: { axis: 1 },
    },
  ],
  DeformConv: [
    { inputs: [[2, 2, 4, 5], weights(3, 2, 2, 2), offsets(2, 8, 3, 4)] },
    {
      inputs: [[1, 4, 5, 4], [4, 2, 3, 2], offsets(1, 24, 3, 3), [4], [1, 12, 3, 3]],
      attributes: { group: 2, offset_group: 2, pads: [1, 1, 1, 0], strides: [2, 1], dilations: [1, 2] },
    },
  ],
  CumProd: [{ inputs: [x, scalar(1)] }, { inputs: [x, scalar(0)], attributes: { exclusive: 1, reverse: 1 } }],
  CausalConvWithState: [
    { inputs: [[2, 3, 5], weights(3, 1, 3), [3]], attributes: { activation: 'silu' } },
    { inputs: [[2, 3, 5], weights(3, 1, 3), null, [2, 3, 2]], outputs: 2 },
  ],
  LinearAttention: linearAttentions,
  NegativeLogLikelihoodLoss: [
    { inputs: [[3, 4, 2], classes], attributes: { ignore_index: -1 } },
    { inputs: [[3, 4, 2], classes, weights(4)], attributes: { ignore_index: -1, reduction: 'none' } },
  ],
  SoftmaxCrossEntropyLoss: [
    { inputs: [[3, 4, 2], classes, weights(4)], attributes: { ignore_index: -1 }, outputs: 2 },
    { inputs: [[3, 4, 2], classes], attributes: { ignore_index: -1, reduction: 'sum' } },
  ],
  BatchNormalization: [
    {
      inputs: [[3, 2, 4], [2], [2], weights(2), { dims: [2], data: [0.5, 1.5], constant: true }],
      attributes: { training_mode: 1, epsilon: float(0.1) },
      outputs: 3,
    },
  ],
} satisfies Record<string, readonly RuleCase[]>);

const q4 = [2, 4, 3, 2];
const kv4 = [2, 2, 3, 2];
/** Cases of operator set 23, newer than the graphs in memory. */
const attention: readonly RuleCase[] = [
  {
    inputs: [
      [2, 2, 3, 2],
      [2, 2, 5, 2],
      [2, 2, 5, 3],
    ],
  },
  { inputs: [q4, kv4, kv4], attributes: { is_causal: 1 } },
  { inputs: [q4, kv4, kv4, null, [2, 2, 4, 2], [2, 2, 4, 2]], outputs: 3 },
  { inputs: [q4, kv4, kv4, null, [2, 2, 4, 2], [2, 2, 4, 2]], attributes: { is_causal: 1 }, outputs: 3 },
  { inputs: [q4, kv4, kv4, [3, 3]], attributes: { softcap: float(0.7), scale: float(0.9) } },
  { inputs: [q4, kv4, kv4, { dims: [3, 3], data: [1, 0, 1, 1, 1, 0, 1, 1, 1], dtype: 'bool' }] },
  {
    inputs: [
      [2, 3, 8],
      [2, 4, 4],
      [2, 4, 6],
    ],
    attributes: { q_num_heads: 4, kv_num_heads: 2 },
  },
];

const table = [
  ...Object.entries(microsoft).map(([op, cases]) => ({ op, domain: 'com.microsoft', cases })),
  ...Object.entries(standard).map(([op, cases]) => ({ op, domain: '', cases })),
].flatMap(({ op, domain, cases }) => cases.map((ruleCase, i) => ({ op, domain, i, ruleCase })));

describe('decompose', () => {
  it.each(attention.map((ruleCase, i) => ({ i, ruleCase })))(
    'gives the outputs of Attention of operator set 23, case $i',
    async ({ ruleCase }) => {
      const rule = { op: 'Attention' };
      const worst = await checkRule(rule, ruleCase, gradient, 'memory');
      expect(worst.error, `${JSON.stringify(ruleCase)} ${worst.output} by ${worst.input}`).toBeLessThan(2e-3);
      const { graph, feeds, outputs } = buildCase(rule, ruleCase);
      const [own, parts] = [
        await open({ ...graph, opsets: { '': 23 } }),
        await open(compile(graph, { scores: outputs[0] as string })),
      ];
      const [expected, y] = [await own(feeds), await parts(feeds)].map(
        (answer) => answer[outputs[0] as string] as Tensor<'float32'>,
      );
      for (const [i, v] of Array.from(y?.data ?? []).entries()) expect(v).toBeCloseTo(expected?.data[i] as number, 5);
      await Promise.all([own.release(), parts.release()]);
    },
  );

  it('is tested for every operator it supports', () => {
    const tried = new Set([...table.map(({ op, domain }) => ruleKey(op, domain)), 'Attention']);
    const elsewhere = /^(If|Loop|Scan|MaxPool|(com\.microsoft:)?QLinear\w+|com\.microsoft:QGemm)$/;
    expect([...decompositions.keys()].filter((key) => !tried.has(key) && !elsewhere.test(key))).toEqual([]);
  });

  it.each(table)('gives the outputs of $domain $op, case $i', async ({ op, domain, ruleCase }) => {
    const worst = await checkRule({ op, domain }, ruleCase, gradient, 'memory');
    expect(worst.error, `${JSON.stringify(ruleCase)} ${worst.output} by ${worst.input}`).toBeLessThan(2e-3);
  });
});
