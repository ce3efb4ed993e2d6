/** Opens a graph on the real native engine. */
import type { Graph } from '../core/onnx/graph.ts';
import { write } from '../core/onnx/write.ts';
import type { Tensor } from '../core/tensor/tensor.ts';
import { onnxruntimeNode } from '../node/onnxruntime-node.ts';

export interface Run {
  (feeds: Record<string, Tensor>): Promise<Readonly<Record<string, Tensor>>>;
  release(): Promise<void>;
}

export async function open(graph: Graph): Promise<Run> {
  const session = await onnxruntimeNode().load(write(graph));
  return Object.assign((feeds: Record<string, Tensor>) => session.run(feeds), { release: () => session.release() });
}
