/** Models whose loop goes on for as long as the data say. */
import { GraphBuilder } from '../../src/core/onnx/builder.ts';
import { write } from '../../src/core/onnx/write.ts';

/**
 * Makes the file of a model that runs until the sum of its state is above a bound. With a row of zeros the state stays
 * zero, so that a bound of at least 0 makes it run for ever, and nothing in the file says so.
 * @param bound the loop goes on while the sum is at most this
 */
export function whileLoop(bound: number): Uint8Array {
  const body = GraphBuilder.empty();
  body.input('i', 'int64', []);
  body.input('c', 'bool', []);
  const state = body.op('Mul', [body.input('s', 'float32', ['N', 2]), body.constant('float32', [], [2])]);
  const sum = body.op('ReduceSum', [state], { keepdims: { type: 'int', value: 0 } });
  const goesOn = body.op('LessOrEqual', [sum, body.constant('float32', [], [bound])]);
  const value = body.build([body.named(goesOn, 'co'), body.named(state, 'so')]);
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 2]);
  const y = g.op('Loop', [undefined, g.constant('bool', [], [1]), x], { body: { type: 'graph', value } });
  return write(g.build([g.named(y, 'y')])).graph;
}

/** Makes the file of a model whose loop doubles the length of its state, for ever. */
export function growingLoop(): Uint8Array {
  const body = GraphBuilder.empty();
  body.input('i', 'int64', []);
  body.input('c', 'bool', []);
  const state = body.input('s', 'float32', ['N', 'M']);
  const longer = body.op('Concat', [state, state], { axis: { type: 'int', value: 1 } });
  const first = body.op('ReduceSum', [longer], { keepdims: { type: 'int', value: 0 } });
  const goesOn = body.op('LessOrEqual', [first, body.constant('float32', [], [1])]);
  const value = body.build([body.named(goesOn, 'co'), body.named(longer, 'so')]);
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 2]);
  const long = g.op('Loop', [undefined, g.constant('bool', [], [1]), x], { body: { type: 'graph', value } });
  const y = g.op('ReduceSum', [long, g.constant('int64', [1], [1])]);
  return write(g.build([g.named(y, 'y')])).graph;
}
