/** Linear layers that onnxruntime fused with what stands around them. */
import { float, floatAttribute, floatsAttribute, intAttribute, stringAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder, Value } from '../../onnx/builder.ts';
import { rankOf, upTo } from '../rules/axes.ts';
import { activation } from './activation.ts';
import type { Decomposition } from './decomposition.ts';

const domain = 'com.microsoft';

/** A factor's last two axes swapped, and its second-to-last axis brought to the front of the batch axes, as flags say. */
function arranged(g: GraphBuilder, x: Value, rank: number, swap: boolean, batch: boolean): Value {
  const axes = upTo(rank);
  // With transBatch the batch axes are 1 .. rank - 2 and the rows are axis 0.
  const perm = batch ? [...axes.slice(1, -1), 0, rank - 1] : axes;
  if (swap) perm.push(...perm.splice(-2).reverse());
  return g.transpose(x, perm);
}

export const fusedDecompositions: readonly Decomposition[] = [
  {
    op: 'FusedConv',
    domain,
    rewrite({ g, node, inputs: [, , bias, sum], input }) {
      const { activation: _, activation_params: __, ...attributes } = node.attributes;
      const y = g.op('Conv', [input(0), input(1), bias], attributes);
      const name = stringAttribute(node, 'activation', '');
      return [activation(g, node, name, sum ? g.add(y, sum) : y, floatsAttribute(node, 'activation_params', []))];
    },
  },
  {
    op: 'FusedMatMul',
    domain,
    rewrite({ g, node, input }) {
      const factor = (i: number, letter: string): Value => {
        const x = input(i);
        const rank = rankOf(x, node);
        const flag = (name: string): boolean => intAttribute(node, `${name}${letter}`, 0) === 1;
        return rank < 2 ? x : arranged(g, x, rank, flag('trans'), flag('transBatch'));
      };
      const y = g.op('MatMul', [factor(0, 'A'), factor(1, 'B')]);
      const alpha = floatAttribute(node, 'alpha', 1);
      return [alpha === 1 ? y : g.mul(y, g.number(alpha, y))];
    },
  },
  {
    op: 'FusedGemm',
    domain,
    rewrite({ g, node, inputs: [, , c], input }) {
      const y = g.op('Gemm', [input(0), input(1), c], {
        alpha: float(floatAttribute(node, 'alpha', 1)),
        beta: float(floatAttribute(node, 'beta', 1)),
        transA: intAttribute(node, 'transA', 0),
        transB: intAttribute(node, 'transB', 0),
      });
      const parameters = ['activation_alpha', 'activation_beta'].flatMap((name) =>
        node.attributes[name] ? [floatAttribute(node, name, 0)] : [],
      );
      return [activation(g, node, stringAttribute(node, 'activation', ''), y, parameters)];
    },
  },
];
