/** Model of many nodes, which takes long to compile and nothing to run. */
import { GraphBuilder } from '../../src/core/onnx/builder.ts';
import { write } from '../../src/core/onnx/write.ts';

/** Makes the file of a model of `pairs` times Neg and Relu on two numbers. */
export function reluChain(pairs: number): Uint8Array {
  const g = GraphBuilder.empty();
  let y = g.input('x', 'float32', ['N', 2]);
  for (let i = 0; i < pairs; i++) y = g.op('Relu', [g.op('Neg', [y])]);
  return write(g.build([g.named(y, 'y')])).graph;
}
