/**
 * Products that engines compute in whole numbers, in graphs that say so by conversions: DequantizeLinear before a
 * product and QuantizeLinear behind it are one node with it at run time.
 * @see https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html#quantized-model-formats
 */
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
  const makers = new Map<string, Node>(
    graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)),
  );
  const readers = readersOf(graph);
  const onlyReader = (node: Node): Node | undefined => {
    const all = readers.get(node.outputs[0] ?? '') ?? [];
    return all.length === 1 ? all[0] : undefined;
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

/** Nodes that read each value; the graph itself reads its outputs, which counts as another reader. */
function readersOf({ nodes, outputs }: Graph): ReadonlyMap<string, readonly (Node | undefined)[]> {
  const readers = new Map<string, (Node | undefined)[]>();
  const add = (name: string, node?: Node): void => {
    const all = readers.get(name) ?? [];
    all.push(node);
    readers.set(name, all);
  };
  for (const node of nodes) for (const name of node.inputs) add(name, node);
  for (const { name } of outputs) add(name);
  return readers;
}
