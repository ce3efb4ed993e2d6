/**
 * Quantised weights as uint8 where the model has int8 and their products could overflow: the same weights, with zero
 * points 128 higher. On x86 processors without VNNI, onnxruntime multiplies uint8 by int8 with an instruction that adds
 * two products in saturating 16-bit integers (`vpmaddubsw`), so that scores are off by some percent; its kernels for two
 * factors of uint8 add in 32 bits on every processor.
 * @see https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
 */
import { sizeOf } from '../../tensor/tensor.ts';
import { constantValues, makeConstant } from '../constant.ts';
import { consumers, hasConstants, namesOf, producers, prune, uniqueName } from '../edit.ts';
import type { Constant, Graph, Node } from '../graph.ts';
import { type Inferred, infer } from '../infer.ts';

const OFFSET = 128;

/** Largest magnitude with which two products with 255 fit in 16 bits: that of weights quantised with a reduced range. */
const MAX_SAFE = 64;

const MICROSOFT = 'com.microsoft';

/** Indices among the inputs of a node. */
interface WeightPlace {
  readonly weight: number;
  readonly zero: number;
}

interface Product {
  /** Index of the other factor. Its kernel takes uint8 weights only if it is not int8 itself. */
  readonly data: number;
  readonly weights: readonly WeightPlace[];
}

const product = (weight: number, zero: number): Product => ({ data: 0, weights: [{ weight, zero }] });

const PRODUCTS: Readonly<Record<string, Product>> = {
  MatMulInteger: product(1, 3),
  ConvInteger: product(1, 3),
  QLinearMatMul: product(3, 5),
  QLinearConv: product(3, 5),
  [`${MICROSOFT}:QLinearConv`]: product(3, 5),
  [`${MICROSOFT}:QGemm`]: product(3, 5),
  [`${MICROSOFT}:QAttention`]: product(1, 7),
  [`${MICROSOFT}:DynamicQuantizeMatMul`]: product(1, 3),
  [`${MICROSOFT}:MatMulIntegerToFloat`]: product(1, 5),
  [`${MICROSOFT}:DynamicQuantizeLSTM`]: {
    data: 0,
    weights: [
      { weight: 1, zero: 9 },
      { weight: 2, zero: 11 },
    ],
  },
};

/** Weight and zero point of a DequantizeLinear. */
const DEQUANTISED: WeightPlace = { weight: 0, zero: 2 };

/** Products of floats that the engine fuses with the dequantisation of both factors. */
const FUSED: ReadonlySet<string> = new Set(['Conv', 'MatMul', 'Gemm']);

const MOVES: ReadonlySet<string> = new Set(['Transpose', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity']);

export function unsignedWeights(graph: Graph): Graph {
  if (!hasConstants(graph, 'int8')) return graph;
  const places = weightPlaces(graph);
  if (places.size === 0) return graph;
  const constants = new Map(graph.constants);
  const names = namesOf(graph);
  const shifted = new Map<string, string>();
  const shift = (name: string, constant: Constant): string => {
    const known = shifted.get(name);
    if (known !== undefined) return known;
    const unsigned = uniqueName(`${name}/unsigned`, names);
    const values = Uint8Array.from(constantValues(constant), (value) => value + OFFSET);
    constants.set(unsigned, makeConstant('uint8', constant.dims, values));
    shifted.set(name, unsigned);
    return unsigned;
  };
  const nodes = graph.nodes.map((node) => {
    const inputs = [...node.inputs];
    for (const { weight, zero } of places.get(node) ?? []) {
      const [name = '', zeroName = ''] = [node.inputs[weight], node.inputs[zero]];
      inputs[weight] = shift(name, graph.constants.get(name) as Constant);
      const zeros = graph.constants.get(zeroName) ?? noZeroPoint(graph, node);
      inputs[zero] = shift(zeroName || `zero/${zeros.dims.join('x')}`, zeros);
      for (let at = 0; at < zero; at++) inputs[at] ??= '';
    }
    return places.has(node) ? { ...node, inputs } : node;
  });
  return prune({ ...graph, nodes, constants });
}

/** Zero point that an absent one stands for: one number, or as many as a DequantizeLinear has scales. */
function noZeroPoint({ constants }: Graph, { op, inputs }: Node): Constant {
  const dims = op === 'DequantizeLinear' ? (constants.get(inputs[1] ?? '')?.dims ?? []) : [];
  return makeConstant('int8', dims, new Int8Array(sizeOf(dims)));
}

/** Weights to change, by node, where their zero points are constants too. */
function weightPlaces(graph: Graph): Map<Node, readonly WeightPlace[]> {
  const places = new Map<Node, readonly WeightPlace[]>();
  const isInt8 = (name = ''): boolean => graph.constants.get(name)?.dtype === 'int8';
  const overflows = (name = ''): boolean =>
    isInt8(name) &&
    constantValues(graph.constants.get(name) as Constant).some((value) => value > MAX_SAFE || value < -MAX_SAFE);
  let types: ReadonlyMap<string, Inferred> | undefined;
  const isSigned = (name = ''): boolean => {
    types ??= infer(graph);
    return types.get(name)?.dtype === 'int8';
  };
  const readsFused = fusedWeights(graph);
  for (const node of graph.nodes) {
    const { weights, data } = productOf(node) ?? { weights: readsFused(node) ? [DEQUANTISED] : [], data: undefined };
    if (!weights.some(({ weight }) => overflows(node.inputs[weight]))) continue;
    // Weights of one node are of one type.
    const canShift = weights.every(({ weight, zero }) => isInt8(node.inputs[weight]) && isZeroPoint(graph, node, zero));
    if (canShift && (data === undefined || !isSigned(node.inputs[data]))) places.set(node, weights);
  }
  return places;
}

const productOf = ({ op, domain }: Node): Product | undefined => PRODUCTS[domain === '' ? op : `${domain}:${op}`];

/** Tells if a zero point is constant or absent; an absent one of a DequantizeLinear has the shape of its scales. */
function isZeroPoint({ constants }: Graph, { op, inputs }: Node, at: number): boolean {
  const name = inputs[at] ?? '';
  if (name === '') return op !== 'DequantizeLinear' || constants.has(inputs[1] ?? '');
  return constants.get(name)?.dtype === 'int8';
}

/** Tells if a dequantised constant is a factor of a product whose other factor is dequantised too. */
function fusedWeights(graph: Graph): (node: Node) => boolean {
  const readers = consumers(graph);
  const makers = producers(graph);
  const isDequantised = (name: string | undefined): boolean => {
    let maker = makers.get(name ?? '');
    while (maker && MOVES.has(maker.op)) maker = makers.get(maker.inputs[0] ?? '');
    return maker?.op === 'DequantizeLinear' && !graph.constants.has(maker.inputs[0] ?? '');
  };
  const isFactor = (name: string): boolean =>
    (readers.get(name) ?? []).some(
      ({ op, inputs, outputs }) =>
        (FUSED.has(op) && inputs.slice(0, 2).some((other) => other !== name && isDequantised(other))) ||
        (MOVES.has(op) && isFactor(outputs[0] ?? '')),
    );
  return ({ op, outputs: [output = ''] }) => op === 'DequantizeLinear' && isFactor(output);
}
