/** Softmax, sigmoid and log-softmax that are spelled out in arithmetic: recognised, with the scores in front of them. */
import { describe, expect, it } from 'vitest';
import { finalActivation } from '../../../src/core/model/describe/activation.ts';
import { int } from '../../../src/core/onnx/attributes.ts';
import { makeConstant } from '../../../src/core/onnx/constant.ts';
import type { Node } from '../../../src/core/onnx/graph.ts';
import { graphOf, node } from '../../support/onnx-file.ts';

const one = (value: number) => makeConstant('float32', [], [value]);
const constants = new Map([
  ['one', one(1)],
  ['two', one(2)],
  ['half', one(0.5)],
  ['minus', one(-1)],
  ['zero', one(0)],
  ['tiny', one(1e-7)],
  ['last', makeConstant('int64', [1], [-1])],
]);

const activationOf = (...nodes: Node[]) =>
  finalActivation(
    graphOf({
      inputs: [{ name: 'z', dtype: 'float32', dims: ['N', 4] }],
      outputs: [{ name: 'y', dtype: 'float32' }],
      constants,
      nodes,
    }),
    'y',
  );

const exp = node('Exp', ['z'], ['e']);
const sum = node('ReduceSum', ['e', 'last'], ['s']);
const shift = [node('ReduceMax', ['z', 'last'], ['m']), node('Sub', ['z', 'm'], ['d']), node('Exp', ['d'], ['e'])];

describe('a softmax spelled out', () => {
  it.each([
    ['as a quotient', [exp, sum, node('Div', ['e', 's'], ['y'])]],
    ['as a product with the reciprocal', [exp, sum, node('Reciprocal', ['s'], ['r']), node('Mul', ['r', 'e'], ['y'])]],
    ['with the largest score taken off', [...shift, sum, node('Div', ['e', 's'], ['y'])]],
    [
      'with a sum whose axis is put back',
      [exp, sum, node('Unsqueeze', ['s', 'last'], ['u']), node('Div', ['e', 'u'], ['y'])],
    ],
  ])('is recognised %s', (_, nodes) => {
    expect(activationOf(...nodes)).toEqual({ activation: 'exp_normalised', logits: 'z', axis: -1 });
  });

  it('is none where the sum is that of something else', () => {
    expect(activationOf(exp, node('ReduceSum', ['z', 'last'], ['s']), node('Div', ['e', 's'], ['y'])).activation).toBe(
      'none',
    );
  });
});

const sigmoid = node('Sigmoid', ['z'], ['p']);
const softplus = [node('Neg', ['z'], ['n']), node('Softplus', ['n'], ['s']), node('Neg', ['s'], ['l'])];

describe('a sigmoid spelled out', () => {
  const negative = [node('Neg', ['z'], ['n']), node('Exp', ['n'], ['e']), node('Add', ['one', 'e'], ['a'])];
  const halved = [node('Mul', ['z', 'half'], ['h']), node('Tanh', ['h'], ['t'])];
  it.each([
    ['as a reciprocal', [...negative, node('Reciprocal', ['a'], ['y'])]],
    ['as one over a sum', [...negative, node('Div', ['one', 'a'], ['y'])]],
    [
      'with a product with minus one',
      [node('Mul', ['z', 'minus'], ['n']), ...negative.slice(1), node('Div', ['one', 'a'], ['y'])],
    ],
    ['as the share of an exponential', [exp, node('Add', ['e', 'one'], ['a']), node('Div', ['e', 'a'], ['y'])]],
    ['by tanh, shifted last', [...halved, node('Mul', ['half', 't'], ['q']), node('Add', ['q', 'half'], ['y'])]],
    ['as a power', [...negative, node('Pow', ['a', 'minus'], ['y'])]],
    ['as the exponential of a softplus', [...softplus, node('Exp', ['l'], ['y'])]],
    ['as the exponential of a logarithm', [sigmoid, node('Log', ['p'], ['l']), node('Exp', ['l'], ['y'])]],
    [
      'by tanh, divided by two',
      [
        node('Div', ['z', 'two'], ['h']),
        halved[1] as Node,
        node('Add', ['t', 'one'], ['q']),
        node('Div', ['q', 'two'], ['y']),
      ],
    ],
    ['by tanh, scaled last', [...halved, node('Add', ['t', 'one'], ['q']), node('Mul', ['q', 'half'], ['y'])]],
  ])('is recognised %s', (_, nodes) => {
    expect(activationOf(...nodes)).toEqual({ activation: 'sigmoid', logits: 'z' });
  });

  it.each([
    ['of the negative score', [exp, node('Add', ['one', 'e'], ['a']), node('Div', ['one', 'a'], ['y'])]],
    [
      'of twice the score',
      [node('Tanh', ['z'], ['t']), node('Add', ['t', 'one'], ['q']), node('Mul', ['q', 'half'], ['y'])],
    ],
    [
      'as the exponential of a negative softplus',
      [node('Softplus', ['z'], ['s']), node('Neg', ['s'], ['l']), node('Exp', ['l'], ['y'])],
    ],
    ['as a complement', [sigmoid, node('Sub', ['one', 'p'], ['y'])]],
    [
      'as the complement of one spelled out',
      [...negative, node('Reciprocal', ['a'], ['p']), node('Sub', ['one', 'p'], ['y'])],
    ],
    ['as a complement by a sum', [sigmoid, node('Neg', ['p'], ['q']), node('Add', ['q', 'one'], ['y'])]],
    ['as the complement of a class of a softmax', [node('Softmax', ['z'], ['p']), node('Sub', ['one', 'p'], ['y'])]],
    ['as a product of two', [sigmoid, node('Sigmoid', ['e'], ['q']), exp, node('Mul', ['p', 'q'], ['y'])]],
    ['as the root of a product', [sigmoid, node('Mul', ['p', 'p'], ['q']), node('Sqrt', ['q'], ['y'])]],
    ['in straight lines', [node('HardSigmoid', ['z'], ['y'])]],
  ])('is recognised without its score %s', (_, nodes) => {
    expect(activationOf(...nodes)).toEqual({ activation: 'sigmoid', logits: 'y' });
  });

  it('is none with another number in the sum', () => {
    const other = [...negative.slice(0, 2), node('Add', ['two', 'e'], ['a']), node('Div', ['one', 'a'], ['y'])];
    expect(activationOf(...other).activation).toBe('none');
  });
});

describe('a product of probabilities', () => {
  it('is looked at once for each factor, however often it is multiplied with itself', () => {
    const squares = Array.from({ length: 60 }, (_, i) =>
      node('Mul', [`m${i}`, `m${i}`], [i === 59 ? 'y' : `m${i + 1}`]),
    );
    expect(activationOf(node('Sigmoid', ['z'], ['m0']), ...squares)).toMatchObject({ activation: 'sigmoid' });
  });
});

describe('a log-softmax spelled out', () => {
  it.each([
    ['by ReduceLogSumExp', [node('ReduceLogSumExp', ['z', 'last'], ['l']), node('Sub', ['z', 'l'], ['y'])]],
    ['by the logarithm of a sum', [exp, sum, node('Log', ['s'], ['l']), node('Sub', ['z', 'l'], ['y'])]],
    [
      'as the logarithm of a softmax kept from zero',
      [node('Softmax', ['z'], ['p']), node('Add', ['p', 'tiny'], ['q']), node('Log', ['q'], ['y'])],
    ],
    ['as the logarithm of a softmax', [node('Softmax', ['z'], ['p'], { axis: int(-1) }), node('Log', ['p'], ['y'])]],
  ])('is recognised %s', (_, nodes) => {
    expect(activationOf(...nodes)).toEqual({ activation: 'log_softmax', logits: 'z', axis: -1 });
  });
});

describe('the logarithm of a sigmoid', () => {
  const folded = [
    node('Abs', ['z'], ['a']),
    node('Neg', ['a'], ['n']),
    node('Exp', ['n'], ['e']),
    node('Add', ['e', 'one'], ['o']),
    node('Log', ['o'], ['l']),
  ];
  it.each([
    ['of the operator', [sigmoid, node('Log', ['p'], ['y'])]],
    ['kept from zero', [sigmoid, node('Max', ['p', 'tiny'], ['q']), node('Log', ['q'], ['y'])]],
    ['as a negative softplus', [...softplus.slice(0, 2), node('Neg', ['s'], ['y'])]],
    ['as a softplus taken from zero', [...softplus.slice(0, 2), node('Sub', ['zero', 's'], ['y'])]],
    ['as a softplus taken from the score', [node('Softplus', ['z'], ['s']), node('Sub', ['z', 's'], ['y'])]],
    ['with the exponential kept small', [...folded, node('Min', ['z', 'zero'], ['m']), node('Sub', ['m', 'l'], ['y'])]],
    [
      'with a softplus spelled out',
      [...folded, node('Relu', ['z'], ['r']), node('Add', ['r', 'l'], ['s']), node('Sub', ['z', 's'], ['y'])],
    ],
  ])('is recognised %s', (_, nodes) => {
    expect(activationOf(...nodes)).toEqual({ activation: 'log_sigmoid', logits: 'z' });
  });

  it('is recognised without its score as a negative softplus of it', () => {
    const nodes = [node('Softplus', ['z'], ['s']), node('Neg', ['s'], ['y'])];
    expect(activationOf(...nodes)).toEqual({ activation: 'log_sigmoid', logits: 'y' });
  });

  it.each([
    ['an exponential of scores', [node('Exp', ['z'], ['y'])]],
    ['a logarithm of scores', [node('Log', ['z'], ['y'])]],
    ['a logarithm twice', [sigmoid, node('Log', ['p'], ['l']), node('Log', ['l'], ['y'])]],
    ['a score taken from one', [node('Sub', ['one', 'z'], ['y'])]],
  ])('is none for %s', (_, nodes) => {
    expect(activationOf(...nodes)).toEqual({ activation: 'none', logits: 'y' });
  });
});
