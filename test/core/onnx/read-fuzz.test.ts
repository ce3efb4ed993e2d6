/** Fuzz test of the reader: any bytes end soon in a graph or in `invalid_model`. */
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { WhylightError } from '../../../src/core/errors.ts';
import { float, ints } from '../../../src/core/onnx/attributes.ts';
import { makeConstant } from '../../../src/core/onnx/constant.ts';
import { read } from '../../../src/core/onnx/read.ts';
import { simplify } from '../../../src/core/onnx/simplify.ts';
import { graphOf, node, onnxFile } from '../../support/onnx-file.ts';
import { patience, tries } from '../../support/runs.ts';

const branch = graphOf({
  name: 'branch',
  opsets: {},
  outputs: [{ name: 'r', dtype: 'float32' }],
  nodes: [node('Relu', ['pooled'], ['r'])],
});

/** Holds something of everything: old operators, a branch, a function, sparse and typed tensors. */
const model = onnxFile(
  {
    inputs: [{ name: 'x', dtype: 'float32', dims: ['N', 3, 8, 8] }],
    outputs: [{ name: 'y', dtype: 'float32' }],
    constants: new Map([
      ['w', makeConstant('float32', [4, 3, 3, 3], new Float32Array(108).fill(0.5))],
      ['v', makeConstant('float32', [4], [1, 2, 3, 4])],
      ['yes', makeConstant('bool', [], [1])],
      ['shape', makeConstant('int64', [2], [0, -1])],
      ['two', makeConstant('int64', [1], [2])],
    ]),
    nodes: [
      node('Conv', ['x', 'w'], ['conv'], { pads: ints([1, 1, 1, 1]) }),
      node('BatchNormalization', ['conv', 'v', 'v', 'v', 'v'], ['bn']),
      node('Clip', ['bn'], ['clip'], { min: float(0), max: float(6) }),
      node('Resize', ['clip', 'scales'], ['large']),
      node('MaxPool', ['large'], ['pooled'], { kernel_shape: ints([2, 2]), strides: ints([2, 2]) }),
      node('If', ['yes'], ['chosen'], {
        then_branch: { type: 'graph', value: branch },
        else_branch: { type: 'graph', value: { ...branch } },
      }),
      node('Tile', ['two', 'two'], ['tiled']),
      node('ConstantOfShape', ['tiled'], ['filled']),
      node('Double', ['chosen'], ['double'], {}, 'local'),
      node('Reshape', ['double', 'shape'], ['flat']),
      node('Softmax', ['flat'], ['y']),
    ],
  },
  {
    opset: 10,
    opsetImport: [
      { domain: '', version: 10n },
      { domain: 'local', version: 1n },
    ],
    functions: [
      {
        name: 'Double',
        domain: 'local',
        input: ['a'],
        output: ['b'],
        node: [{ opType: 'Add', input: ['a', 'a'], output: ['b'] }],
      },
    ],
    graph: { initializer: [{ name: 'scales', dataType: 1, dims: [4n], floatData: [1, 1, 2, 2] }] },
  },
);

function survives(bytes: Uint8Array): void {
  try {
    simplify(read(bytes));
  } catch (error) {
    if (!WhylightError.is(error, 'invalid_model')) throw error;
  }
}

describe('reading damaged models', { timeout: patience(60_000) }, () => {
  it('reads the undamaged model', () => {
    simplify(read(model));
  });

  it('does not crash on any truncation', () => {
    for (let length = 0; length < model.length; length++) survives(model.subarray(0, length));
  });

  it('does not crash on any byte set to its extremes', () => {
    for (let at = 0; at < model.length; at++) {
      for (const value of [0, 0xff]) {
        const damaged = model.slice();
        damaged[at] = value;
        survives(damaged);
      }
    }
  });

  it('does not crash on several changed bytes', () => {
    const change = fc.tuple(fc.nat(model.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const damaged = model.slice();
        for (const [at, value] of changes) damaged[at] = value;
        survives(damaged);
      }),
      tries(1500),
    );
  });

  it('does not crash on moved, repeated and missing parts', () => {
    const place = fc.nat(model.length);
    fc.assert(
      fc.property(place, place, place, (from, to, at) => {
        const part = model.subarray(Math.min(from, to), Math.max(from, to));
        survives(new Uint8Array([...model.subarray(0, at), ...part, ...model.subarray(at)]));
        survives(new Uint8Array([...model.subarray(0, at), ...part]));
      }),
      tries(400),
    );
  });

  it('does not crash on arbitrary bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), survives), tries(1000));
  });
});
