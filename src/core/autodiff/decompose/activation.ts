/** Activation functions of com.microsoft, as exporters and onnxruntime's optimizers write them. */
import { float, floatAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import type { Node } from '../../onnx/graph.ts';
import { refuse } from '../rules/axes.ts';
import type { Decomposition } from './decomposition.ts';

const domain = 'com.microsoft';

/** The activation that a fused operator names, with its parameters in the order the operator lists them. */
export function activation(
  g: GraphBuilder,
  node: Node,
  name: string,
  x: Value,
  [alpha, beta]: readonly number[],
): Value {
  switch (name.toLowerCase()) {
    case '':
      return x;
    case 'relu':
    case 'tanh':
    case 'sigmoid':
    case 'softsign':
    case 'softplus':
      return g.op(name[0]?.toUpperCase() + name.slice(1).toLowerCase(), [x]);
    case 'leakyrelu':
      return g.op('LeakyRelu', [x], { alpha: alpha === undefined ? undefined : float(alpha) });
    case 'elu':
      return g.op('Elu', [x], { alpha: alpha === undefined ? undefined : float(alpha) });
    case 'thresholdedrelu':
      return g.op('ThresholdedRelu', [x], { alpha: alpha === undefined ? undefined : float(alpha) });
    case 'hardsigmoid':
      return g.op('HardSigmoid', [x], {
        alpha: alpha === undefined ? undefined : float(alpha),
        beta: beta === undefined ? undefined : float(beta),
      });
    case 'clip':
      return g.op('Clip', [
        x,
        alpha === undefined ? undefined : g.number(alpha, x),
        beta === undefined ? undefined : g.number(beta, x),
      ]);
    case 'scaledtanh':
      return g.mul(g.op('Tanh', [g.mul(x, g.number(beta ?? 1, x))]), g.number(alpha ?? 1, x));
    case 'affine':
      return g.add(g.mul(x, g.number(alpha ?? 1, x)), g.number(beta ?? 0, x));
    case 'gelu':
      return g.op('Gelu', [x]);
    default:
      refuse(node, `the activation "${name}" is not known`);
  }
}

export const activationDecompositions: readonly Decomposition[] = [
  { op: 'Gelu', domain, rewrite: ({ g, input }) => [g.op('Gelu', [input(0)])] },
  {
    op: 'FastGelu',
    domain,
    rewrite: ({ g, inputs: [, bias], input }) => [
      g.op('Gelu', [bias ? g.add(input(0), bias) : input(0)], { approximate: 'tanh' }),
    ],
  },
  { op: 'BiasGelu', domain, rewrite: ({ g, input }) => [g.op('Gelu', [g.add(input(0), input(1))])] },
  {
    op: 'QuickGelu',
    domain,
    rewrite: ({ g, node, input }) => [swish(g, input(0), floatAttribute(node, 'alpha', 1.702))],
  },
];

const swish = (g: GraphBuilder, x: Value, alpha: number): Value =>
  g.mul(x, g.op('Sigmoid', [alpha === 1 ? x : g.mul(x, g.number(alpha, x))]));
