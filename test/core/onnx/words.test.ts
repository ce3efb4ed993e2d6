import { create } from '@bufbuild/protobuf';
import { TensorProto_DataType as Type, ValueInfoProtoSchema } from 'onnx-buf';
import { describe, expect, it } from 'vitest';
import { describe as describeModel } from '../../../src/core/model/describe/describe.ts';
import { float, floats, int, ints, string, strings } from '../../../src/core/onnx/attributes.ts';
import type { Graph, Node, ValueInfo } from '../../../src/core/onnx/graph.ts';
import { read } from '../../../src/core/onnx/read.ts';
import { codesOf } from '../../../src/core/onnx/words/codes.ts';
import type { WordInput } from '../../../src/core/onnx/words/dictionary.ts';
import type { Tensor } from '../../../src/core/tensor/tensor.ts';
import text from '../../../src/modalities/text/text.ts';
import { open } from '../../support/engine.ts';
import { node, onnxFile } from '../../support/onnx-file.ts';

const ML = 'ai.onnx.ml';
const y: ValueInfo = { name: 'y', dtype: 'float32' };

const words = (name: string, dims: readonly (number | string)[] = ['N', 1]) =>
  create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: 'tensorType',
        value: {
          elemType: Type.STRING,
          shape: {
            dim: dims.map((dim) => ({
              value:
                typeof dim === 'number'
                  ? { case: 'dimValue' as const, value: BigInt(dim) }
                  : { case: 'dimParam' as const, value: dim },
            })),
          },
        },
      },
    },
  });

function readWords(nodes: Node[], names: readonly string[], ml = 2n, initializer: object[] = []): Graph {
  return read(
    onnxFile(
      { outputs: [y], nodes },
      {
        graph: { input: names.map((name) => words(name)), initializer },
        opsetImport: [
          { domain: '', version: 21n },
          { domain: ML, version: ml },
          { domain: 'com.microsoft', version: 1n },
        ],
      },
    ),
  );
}

async function run(graph: Graph, inputs: Readonly<Record<string, Tensor>>): Promise<number[]> {
  const session = await open(graph);
  const outputs = await session(inputs);
  await session.release();
  return [...(outputs.y as Tensor<'float32'>).data];
}

const coded = (graph: Graph, name: string, given: readonly string[]): Tensor =>
  codesOf(graph.inputs.find((input) => input.name === name)?.words as WordInput, given, [given.length, 1]);

describe('inputs of words', () => {
  const table = readWords(
    [
      node('OneHotEncoder', ['city'], ['hot'], { cats_strings: strings(['Bergen', 'Lima']), zeros: int(1) }, ML),
      node('Flatten', ['hot'], ['flat'], { axis: int(1) }),
      node(
        'LabelEncoder',
        ['plan'],
        ['level'],
        { keys_strings: strings(['free', 'pro']), values_floats: floats([0.5, 2]), default_float: float(-1) },
        ML,
      ),
      node('Concat', ['flat', 'level'], ['y'], { axis: int(1) }),
    ],
    ['city', 'plan'],
  );

  it('take codes, with which encoders give what they give for the words', async () => {
    expect(table.inputs).toMatchObject([
      { name: 'city', dtype: 'int64', dims: ['N', 1] },
      { name: 'plan', dtype: 'int64', dims: ['N', 1] },
    ]);
    const inputs = {
      city: coded(table, 'city', ['Lima', 'Oslo', 'Bergen']),
      plan: coded(table, 'plan', ['pro', 'free', 'gold']),
    };
    expect(await run(table, inputs)).toEqual([0, 1, 2, 0, 0, 0.5, 1, 0, -1]);
  });

  it('are columns of a table, with the words of their categories', () => {
    const { inputs } = describeModel(table).description;
    expect(inputs.map(({ modality, role }) => [modality.value, role.value])).toEqual([
      ['tabular', 'explained'],
      ['tabular', 'explained'],
    ]);
    expect(inputs[1]?.columns?.value[0]).toMatchObject({ categories: ['free', 'pro'], unknownAllowed: true });
  });

  it('pass through operators that move them and are compared with constants', async () => {
    const graph = readWords(
      [
        node('Concat', ['city', 'plan'], ['both'], { axis: int(1) }),
        node('Equal', ['both', 'wanted'], ['same']),
        node('Cast', ['same'], ['y'], { to: int(1) }),
      ],
      ['city', 'plan'],
      2n,
      [{ name: 'wanted', dataType: Type.STRING, dims: [2n], stringData: ['Lima', 'pro'].map(utf8) }],
    );
    expect(
      await run(graph, { city: coded(graph, 'city', ['Lima', 'Rome']), plan: coded(graph, 'plan', ['free', 'pro']) }),
    ).toEqual([1, 0, 0, 1]);
  });

  it('are mapped by encoders of version 1', async () => {
    const graph = readWords(
      [
        node(
          'LabelEncoder',
          ['city'],
          ['code'],
          { classes_strings: strings(['a', 'b', 'c']), default_int64: int(-1) },
          ML,
        ),
        node('Cast', ['code'], ['y'], { to: int(1) }),
      ],
      ['city'],
      1n,
    );
    expect(await run(graph, { city: coded(graph, 'city', ['c', 'a', 'x']) })).toEqual([2, 0, -1]);
  });

  it('are refused by name where an operator changes the letters', () => {
    const nodes = [
      node('StringConcat', ['city', 'city'], ['twice']),
      node('OneHotEncoder', ['twice'], ['y'], { cats_strings: strings(['aa']) }, ML),
    ];
    expect(() => readWords(nodes, ['city'])).toThrow(/StringConcat .* works on the letters of a text/);
  });

  it('leave a model of numbers as it is whose labels are words', () => {
    const graph = read(
      onnxFile(
        {
          inputs: [{ name: 'x', dtype: 'float32', dims: ['N', 2] }],
          outputs: [y],
          nodes: [
            node('Relu', ['x'], ['y']),
            node('ArgMax', ['x'], ['best'], { axis: int(1) }),
            node('Gather', ['names', 'best'], ['label']),
          ],
        },
        {
          graph: {
            initializer: [{ name: 'names', dataType: Type.STRING, dims: [2n], stringData: ['a', 'b'].map(utf8) }],
          },
        },
      ),
    );
    expect(graph.outputs.map(({ name }) => name)).toEqual(['y']);
  });
});

describe('an input of texts', () => {
  const graph = readWords(
    [
      node('Reshape', ['text', 'all'], ['flat']),
      node('StringNormalizer', ['flat'], ['lower'], { case_change_action: string('LOWER') }),
      node(
        'Tokenizer',
        ['lower'],
        ['tokens'],
        { mark: int(0), mincharnum: int(1), pad_value: string('#'), tokenexp: string('[a-z]+') },
        'com.microsoft',
      ),
      node('TfIdfVectorizer', ['tokens'], ['y'], {
        mode: string('TF'),
        min_gram_length: int(1),
        max_gram_length: int(1),
        max_skip_count: int(0),
        ngram_counts: ints([0]),
        ngram_indexes: ints([0, 1]),
        pool_strings: strings(['kind', 'soup']),
      }),
    ],
    ['text'],
    2n,
    [{ name: 'all', dataType: Type.INT64, dims: [1n], int64Data: [-1n] }],
  );

  it('takes the codes of its words, which the text modality makes', async () => {
    const { description } = describeModel(graph);
    expect(description.inputs[0]).toMatchObject({ modality: { value: 'text' }, layout: { value: 'NT' } });
    const context = { description, inputs: description.inputs, files: { read: async () => undefined } };
    const prepared = await text.prepare(['Soup, the soup! Kind.', 'a waiter'], context);
    expect(prepared.features[0]?.list.map(({ name }) => name)).toEqual(['Soup', 'the', 'soup', 'Kind']);
    expect(await run(graph, prepared.inputs as Record<string, Tensor>)).toEqual([1, 2, 0, 0]);
  });
});

function utf8(word: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(word);
}
