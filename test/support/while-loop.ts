/** Models with loops that do not end, or take long. */
import { GraphBuilder, type Value } from '../../src/core/onnx/builder.ts';
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

/** Makes the file of a model that squares a matrix of 512x512, some tens of milliseconds each, as often as is asked. */
export function slowLoop(trips: number): Uint8Array {
  const body = GraphBuilder.empty();
  body.input('i', 'int64', []);
  const goesOn = body.op('Identity', [body.input('c', 'bool', [])]);
  const state = body.input('s', 'float32', [512, 512]);
  const squared = body.op('MatMul', [state, state]);
  const value = body.build([body.named(goesOn, 'co'), body.named(squared, 'so')]);
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 2]);
  const start = g.op('Expand', [total(g, x), g.constant('int64', [2], [512, 512])]);
  const [count, always] = [g.constant('int64', [], [trips]), g.constant('bool', [], [1])];
  const end = g.op('Loop', [count, always, start], { body: { type: 'graph', value } });
  return write(g.build([g.named(g.op('Add', [x, total(g, end)]), 'y')])).graph;
}

const total = (g: GraphBuilder, value: Value): Value =>
  g.op('ReduceSum', [value], { keepdims: { type: 'int', value: 0 } });

/**
 * Makes the file of a model whose loop doubles the length of its state.
 * @param trips number of times; for ever when left out
 */
export function growingLoop(trips?: number): Uint8Array {
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
  const count = trips === undefined ? undefined : g.constant('int64', [], [trips]);
  const long = g.op('Loop', [count, g.constant('bool', [], [1]), x], { body: { type: 'graph', value } });
  const y = g.op('ReduceSum', [long, g.constant('int64', [1], [1])]);
  return write(g.build([g.named(y, 'y')])).graph;
}
