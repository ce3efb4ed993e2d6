/** Products with weights that are packed to a few bits in blocks, as onnxruntime quantises language models. */
import { intAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { constantData, constantValues } from '../../onnx/constant.ts';
import type { Node } from '../../onnx/graph.ts';
import { defineRule, type Rule, type RuleContext } from '../rule.ts';
import { refuse } from './axes.ts';

/** Beyond this many elements the weights are not unpacked: 1 GiB of floats. */
const MAX_UNPACKED = 2 ** 28;

/** Element `i` of bytes that hold 2, 4 or 8 bits each, the low bits first. */
const packed = (bytes: Uint8Array, i: number, bits: number): number => {
  const perByte = 8 / bits;
  return ((bytes[Math.floor(i / perByte)] as number) >> ((i % perByte) * bits)) & (2 ** bits - 1);
};

/** Zero point of a block, packed row by row, or a float for each block; the middle of the range when left out. */
function zeroPoints(
  g: GraphBuilder,
  zero: Value | undefined,
  blocks: number,
  bits: number,
  node: Node,
): (row: number, block: number) => number {
  if (!zero) return () => 2 ** (bits - 1);
  const constant = g.constantData(zero) ?? refuse(node, 'its zero points depend on the input');
  const values = constantValues(constant);
  if (constant.dtype !== 'uint8') return (row, block) => values[row * blocks + block] as number;
  const rowBytes = Math.ceil((blocks * bits) / 8);
  const bytes = constantData(constant) as Uint8Array;
  return (row, block) => packed(bytes.subarray(row * rowBytes, (row + 1) * rowBytes), block, bits);
}

/** The weights as a float matrix [N, K]. */
function unpacked({ g, node, inputs: [, weights, scales], optional }: RuleContext): Value {
  const attribute = (name: string): number => intAttribute(node, name, 0);
  const [rows, columns, size, bits] = [
    attribute('N'),
    attribute('K'),
    attribute('block_size'),
    intAttribute(node, 'bits', 4),
  ];
  const [data, scale] = [g.constantData(weights), g.constantData(scales)];
  if (!data || !scale) refuse(node, 'its weights depend on the input');
  if (optional(4)) refuse(node, 'weights in another order (g_idx) have no rule');
  if (bits !== 2 && bits !== 4 && bits !== 8) refuse(node, `weights of ${bits} bits have no rule`);
  if (rows * columns > MAX_UNPACKED) refuse(node, `its ${rows} x ${columns} weights take more than 1 GiB as floats`);
  const blocks = Math.ceil(columns / size);
  const [bytes, factors] = [constantData(data) as Uint8Array, constantValues(scale)];
  const zero = zeroPoints(g, optional(3), blocks, bits, node);
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let block = 0; block < blocks; block++) {
      const at = row * blocks + block;
      const [factor, middle] = [factors[at] as number, zero(row, block)];
      for (let i = block * size; i < Math.min((block + 1) * size, columns); i++) {
        values[row * columns + i] = (packed(bytes, at * size + (i - block * size), bits) - middle) * factor;
      }
    }
  }
  return g.constant(scales.dtype, [rows, columns], values);
}

const weights = {
  dims: [3, 2, 8],
  data: Array.from({ length: 48 }, (_, i) => (i * 37) % 256),
  dtype: 'uint8' as const,
};

export const blockQuantizedRules: readonly Rule[] = [
  defineRule({
    op: 'MatMulNBits',
    domain: 'com.microsoft',
    since: [1],
    note: 'Weights of 2, 4 or 8 bits; for the way back they are unpacked.',
    vjp(context) {
      const { g, cotangents, wants } = context;
      const [dy] = cotangents;
      const others = (dy.dims ?? []).map((_, i) => i).slice(0, -1);
      return [
        wants(0) && g.op('MatMul', [dy, unpacked(context)]),
        ...[1, 2, 3, 4].map(() => false as const),
        wants(5) && g.reduce('ReduceSum', dy, others, false),
      ];
    },
    cases: [
      {
        inputs: [[2, 32], weights, { dims: [6], data: [0.1, 0.2, 0.05, 0.1, 0.3, 0.1], constant: true }],
        attributes: { K: 32, N: 3, bits: 4, block_size: 16 },
      },
      {
        inputs: [
          [2, 2, 28],
          weights,
          { dims: [6], data: [0.1, 0.2, 0.05, 0.1, 0.3, 0.1], constant: true },
          { dims: [3], data: [0x31, 0x75, 0x0f], dtype: 'uint8' },
        ],
        attributes: { K: 28, N: 3, bits: 4, block_size: 16 },
      },
    ],
  }),
];
