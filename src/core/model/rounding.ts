/** Search for the first operator of a graph that rounds activations. */
import type { Graph, Node } from '../onnx/graph.ts';

/** Operators that quantise what they are given, or what they make of it. */
const ROUNDS = /^(QuantizeLinear|QLinear\w+|QGemm)$/;

/** The first node that rounds activations; undefined where none does. Quantised weights alone round nothing in a run. */
export const roundingNode = ({ nodes, constants }: Graph): Node | undefined =>
  nodes.find(({ op, inputs }) => ROUNDS.test(op) && !constants.has(inputs[0] ?? ''));
