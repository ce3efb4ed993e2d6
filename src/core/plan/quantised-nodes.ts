/**
 * Products that engines compute in whole numbers, in graphs that say so by conversions: DequantizeLinear before a
 * product and QuantizeLinear behind it are one node with it at run time.
 * @see https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html#quantized-model-formats
 */
import { consumers, producers } from '../onnx/edit.ts';
import type { Graph, Node } from '../onnx/graph.ts';

const FUSED = /^(Conv|MatMul|Gemm)$/;
/** Activations that are fused as well. */
const ACTIVATION = /^(Relu|Clip)$/;

interface QuantisedNodes {
  readonly products: ReadonlySet<Node>;
  /** Conversions that become a part of a product. */
  readonly conversions: ReadonlySet<Node>;
}

/** Finds the products whose operands are dequantised and whose only reader quantises. */
export function quantisedNodes(graph: Graph): QuantisedNodes {
  const [makers, readers] = [producers(graph), consumers(graph)];
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const onlyReader = ({ outputs: [value = ''] }: Node): Node | undefined => {
    const all = readers.get(value) ?? [];
    return all.length === 1 && !outputs.has(value) ? all[0] : undefined;
  };
  const [products, conversions] = [new Set<Node>(), new Set<Node>()];
  for (const node of graph.nodes) {
    if (!FUSED.test(node.op)) continue;
    const before = node.inputs.slice(0, 2).map((name) => makers.get(name));
    const next = onlyReader(node);
    const behind = next && ACTIVATION.test(next.op) ? onlyReader(next) : next;
    if (behind?.op !== 'QuantizeLinear' || !before.every((maker) => maker?.op === 'DequantizeLinear')) continue;
    products.add(node);
    conversions.add(behind);
    for (const name of node.inputs) {
      const maker = makers.get(name);
      if (maker?.op === 'DequantizeLinear' && onlyReader(maker) === node) conversions.add(maker);
    }
  }
  return { products, conversions };
}
