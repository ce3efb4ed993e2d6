import { expect, describe as group, it } from 'vitest';
import { describe } from '../../../src/core/model/describe/describe.ts';
import { int, ints } from '../../../src/core/onnx/attributes.ts';
import { makeConstant } from '../../../src/core/onnx/constant.ts';
import type { Graph } from '../../../src/core/onnx/graph.ts';
import { node, type PlainValue, plainGraph, zeros } from '../../support/plain-graph.ts';

/** A network of an image with `width` outputs called `name`. */
const fromImage = (name: string, width: number): Graph =>
  plainGraph(
    [['image', ['N', 3, 8, 8]]],
    [[name, ['N', width]]],
    [node('Flatten', ['image'], 'flat'), node('MatMul', ['flat', 'w'], name)],
    [['w', zeros(192, width)]],
  );

group('outputs', () => {
  it.each([
    ['logits', 136],
    ['output', 1404],
    ['landmarks', 10],
  ])('called %s with %i values are coordinates of landmarks, not classes', (name, width) => {
    const { explained, doubts } = describe(fromImage(name, width)).description;
    expect(explained).toMatchObject({ task: { value: 'regression' }, classAxis: { value: null } });
    expect(doubts.some(({ about }) => about === 'task')).toBe(true);
  });

  it('with 1000 values are classes', () => {
    expect(describe(fromImage('output', 1000)).description.explained.task.value).toBe('classification');
  });

  it('that are an input again step back for what is computed', () => {
    const copied = plainGraph(
      [
        ['x', ['N', 1]],
        ['image', ['N', 3, 8, 8]],
      ],
      [
        ['copy', ['N', 1]],
        ['p', ['N', 1]],
      ],
      [
        node('Identity', ['x'], 'copy'),
        node('Flatten', ['image'], 'flat'),
        node('MatMul', ['flat', 'w'], 'l'),
        node('Sigmoid', ['l'], 'p'),
      ],
      [['w', zeros(192, 1)]],
    );
    expect(describe(copied).description.explained.name).toBe('p');
  });

  it('that NonMaxSuppression chooses the rows of name the scores in front', () => {
    const chosen = plainGraph(
      [['image', [1, 3, 8, 8]]],
      [['found', ['num', 7]]],
      [
        node('Reshape', ['image', 'places'], 'boxes'),
        node('Reshape', ['image', 'classes'], 'scores'),
        node('NonMaxSuppression', ['boxes', 'scores'], 'picked'),
        node('Cast', ['picked'], 'found', { to: int(1) }),
      ],
      [
        ['places', makeConstant('int64', [3], [1, 48, 4])],
        ['classes', makeConstant('int64', [3], [1, 4, 48])],
      ],
    );
    const [doubt] = describe(chosen).description.doubts;
    expect(doubt).toMatchObject({ about: 'output', blocking: true });
    expect(doubt?.message).toContain('--scores scores');
  });

  it('read their activation in branches that take it from outside', () => {
    const branch = (op: string): Graph => plainGraph([], [[`${op}_y`, ['N', 1]]], [node(op, ['p'], `${op}_y`)]);
    const either = plainGraph(
      [['x', ['N', 4]]],
      [['y', ['N', 1]]],
      [
        node('MatMul', ['x', 'w'], 'l'),
        node('Sigmoid', ['l'], 'p'),
        node('If', ['yes'], 'y', {
          // Both give the probabilities on.
          then_branch: { type: 'graph', value: branch('Identity') },
          else_branch: { type: 'graph', value: branch('Squeeze') },
        }),
      ],
      [
        ['w', zeros(4, 1)],
        ['yes', makeConstant('bool', [], [1])],
      ],
    );
    expect(describe(either).description.explained).toMatchObject({
      activation: { value: 'sigmoid' },
      classAxis: { value: 1 },
    });
  });

  it('read their activation through a multiplication by one, as the converter of LightGBM writes it', () => {
    const times = (factor: number): Graph =>
      plainGraph(
        [['x', ['N', 4]]],
        [['y', ['N', 3]]],
        [node('MatMul', ['x', 'w'], 'l'), node('Softmax', ['l'], 'p'), node('Mul', ['p', 'factor'], 'y')],
        [
          ['w', zeros(4, 3)],
          ['factor', makeConstant('float32', [1], [factor])],
        ],
      );
    expect(describe(times(1)).description.explained).toMatchObject({ activation: { value: 'softmax' } });
    expect(describe(times(2)).description.explained).toMatchObject({ activation: { value: 'none' } });
  });

  it('of open extents without a class axis are features as far as anything tells', () => {
    const backbone = plainGraph(
      [['image', ['N', 3, 'H', 'W']]],
      [['y', ['N', 8, 'H2', 'W2']]],
      [node('Conv', ['image', 'k'], 'y', { strides: ints([2, 2]), pads: ints([1, 1, 1, 1]) })],
      [['k', zeros(8, 3, 3, 3)]],
    );
    const { explained, doubts } = describe(backbone).description;
    expect(explained.classAxis).toBeUndefined();
    expect(doubts.map(({ about }) => about)).toContain('class_axis');
  });
});

group('inputs', () => {
  const kindOf = (g: Graph): string[] => {
    const [input] = describe(g).description.inputs;
    return [input?.modality.value ?? '', input?.layout.value ?? ''];
  };

  it('of one channel of mel bands are sound, of sides like those of images not', () => {
    const one = (height: number, width: number): Graph =>
      plainGraph([['x', ['N', 1, height, width]]], [['y', ['N', height * width]]], [node('Flatten', ['x'], 'y')]);
    expect(kindOf(one(128, 130))).toEqual(['audio', 'NCHW']);
    expect(kindOf(one(128, 128))).toEqual(['image', 'NCHW']);
    expect(kindOf(one(28, 28))).toEqual(['image', 'NCHW']);
  });

  it('of the bins of a Fourier transform are sound, and a gain for each bin is no list of classes', () => {
    const gains = plainGraph([['x', [1, 1, 257]]], [['y', [1, 1, 257]]], [node('Sigmoid', ['x'], 'y')]);
    expect(kindOf(gains)[0]).toBe('audio');
    expect(describe(gains).description.explained.classAxis?.value).toBeNull();
  });

  it('of a network with layers named after sound are sound', () => {
    const named = (name: string): Graph =>
      plainGraph([['x', ['N', 3, 41]]], [['y', ['N', 3, 41]]], [{ ...node('Relu', ['x'], 'y'), name }]);
    expect(kindOf(named('StatefulPartitionedCall/vad_model/relu'))[0]).toBe('audio');
    expect(kindOf(named('evaded/relu'))[0]).toBe('series');
  });

  it('that are normalised position by position are features of a layer', () => {
    const block = plainGraph(
      [['x', ['N', 16, 16]]],
      [['y', ['N', 16, 16]]],
      [node('LayerNormalization', ['x', 's', 'b'], 'y')],
      [
        ['s', zeros(16)],
        ['b', zeros(16)],
      ],
    );
    expect(kindOf(block)).toEqual(['tensor', 'NTF']);
  });

  it('of which an image is made are codes, no rows of a table', () => {
    const generator = plainGraph(
      [['x', [1, 100]]],
      [['y', [1, 28, 28]]],
      [node('MatMul', ['x', 'w'], 'l'), node('Reshape', ['l', 'shape'], 'y')],
      [
        ['w', zeros(100, 784)],
        ['shape', makeConstant('int64', [3], [1, 28, 28])],
      ],
    );
    expect(kindOf(generator)[0]).toBe('tensor');
    expect(describe(generator).description.explained.classAxis?.value).toBeNull();
  });
});

group('states', () => {
  it('count rows where the recurrent layer that starts from a part of them does', () => {
    const g = plainGraph(
      [
        ['x', [1, 1, 4]],
        ['cache', [2, 3, 1, 1, 8]],
        ['bands', [2, 1, 33, 8]],
      ],
      [['y', [1, 1, 1, 8]]],
      [
        node('Gather', ['cache', 'first'], 'layers', { axis: int(0) }),
        node('Gather', ['layers', 'first'], 'h', { axis: int(0) }),
        node('GRU', ['x', 'w', 'r', '', '', 'h'], 'y', { hidden_size: int(8) }),
        node('Gather', ['bands', 'first'], 'band_h', { axis: int(0) }),
        node('GRU', ['spread', 'w', 'r', '', '', 'band_h'], 'other', { hidden_size: int(8) }),
      ],
      [
        ['first', makeConstant('int64', [], [0])],
        ['w', zeros(1, 24, 4)],
        ['r', zeros(1, 24, 8)],
        ['spread', zeros(1, 33, 4)],
      ],
    );
    const axes = Object.fromEntries(
      describe(g).description.inputs.map(({ name, batchAxis }) => [name, batchAxis.value]),
    );
    expect(axes).toMatchObject({ cache: 3, bands: null });
  });
});

group('inputs', () => {
  const rolesOf = (g: Graph) =>
    Object.fromEntries(describe(g).description.inputs.map((it) => [it.name, [it.modality.value, it.role.value]]));

  it('called "past" are a series to explain, where nothing comes back as one', () => {
    const g = plainGraph(
      [
        ['past', ['N', 24, 3]],
        ['future', ['N', 6, 2]],
      ],
      [['y', ['N', 6]]],
      [
        node('Flatten', ['past'], 'a'),
        node('Flatten', ['future'], 'b'),
        node('Concat', ['a', 'b'], 'both', { axis: int(1) }),
        node('MatMul', ['both', 'w'], 'y'),
      ],
      [['w', zeros(84, 6)]],
    );
    expect(rolesOf(g)).toMatchObject({ past: ['series', 'explained'], future: ['series', 'explained'] });
  });

  it('of whole numbers that share a table by an offset for each column are columns, not a text', () => {
    const g = plainGraph(
      [['cat', ['N', 3], 'int64']],
      [['y', ['N', 6]]],
      [node('Add', ['cat', 'offsets'], 'at'), node('Gather', ['table', 'at'], 'e'), node('Flatten', ['e'], 'y')],
      [
        ['offsets', makeConstant('int64', [3], [0, 4, 9])],
        ['table', zeros(12, 2)],
      ],
    );
    expect(rolesOf(g)).toEqual({ cat: ['tabular', 'explained'] });
  });

  it.each([
    ['of 16 bits by their name', 'waveform', ['N', 'length'], 'int16', 'NT'],
    ['of 16 bits by their length', 'x', ['N', 16_000], 'int16', 'NT'],
    ['of one channel', 'x', ['N', 1, 16_000], 'int16', 'NCT'],
    ['of 32 bits by their name', 'pcm', ['N', 'length'], 'int32', 'NT'],
  ] as const)('of whole numbers are samples of a sound %s', (_, name, dims, dtype, layout) => {
    const g = plainGraph(
      [[name, dims, dtype]],
      [['y', ['N', 'out']]],
      [node('Cast', [name], 'f', { to: int(1) }), node('Relu', ['f'], 'y')],
    );
    expect(describe(g).description.inputs[0]).toMatchObject({
      modality: { value: 'audio' },
      layout: { value: layout },
    });
  });

  it('of 16 bits that a table is looked up by are no sound', () => {
    const g = plainGraph(
      [['x', ['N', 5000], 'int16']],
      [['y', ['N', 5000, 2]]],
      [node('Cast', ['x'], 'i', { to: int(7) }), node('Gather', ['table', 'i'], 'y')],
      [['table', zeros(30, 2)]],
    );
    expect(rolesOf(g)).toEqual({ x: ['text', 'explained'] });
  });

  it.each(['valid', 'is_valid', 'padding', 'key_padding_mask', 'observed', 'mask'])(
    'of truth values called "%s" are held fixed, first or last',
    (name) => {
      const make = (first: boolean): Graph => {
        const x: PlainValue = ['x', ['N', 24, 3]];
        const mask: PlainValue = [name, ['N', 24, 1], 'bool'];
        return plainGraph(
          first ? [mask, x] : [x, mask],
          [['y', ['N', 24, 3]]],
          [node('Where', [name, 'x', 'zero'], 'y')],
          [['zero', zeros(1)]],
        );
      };
      for (const first of [true, false]) expect(rolesOf(make(first))[name]?.[1]).toBe('fixed');
      expect(rolesOf(make(true)).x?.[1]).toBe('explained');
    },
  );

  it('of truth values in a column of a table are explained, whatever their name', () => {
    const g = plainGraph(
      [
        ['age', ['N', 1]],
        ['valid', ['N', 1], 'bool'],
      ],
      [['y', ['N', 1]]],
      [node('Where', ['valid', 'age', 'zero'], 'y')],
      [['zero', zeros(1)]],
    );
    expect(rolesOf(g).valid?.[1]).toBe('explained');
  });

  it('of points in space are no series', () => {
    const g = plainGraph(
      [['points', ['N', 128, 3]]],
      [['y', ['N', 128, 4]]],
      [node('MatMul', ['points', 'w'], 'y')],
      [['w', zeros(3, 4)]],
    );
    expect(rolesOf(g)).toEqual({ points: ['tensor', 'explained'] });
  });
});

group('scores for each token of the vocabulary', () => {
  const model = (more: readonly PlainValue[]) =>
    plainGraph(
      [['input_ids', ['N', 'T'], 'int64'], ...more],
      [['logits', ['N', 'T', 30]]],
      [node('Gather', ['table', 'input_ids'], 'e'), node('MatMul', ['e', 'w'], 'logits')],
      [
        ['table', zeros(30, 2)],
        ['w', zeros(2, 30)],
      ],
    );

  it.each([
    ['next_token', [], true],
    ['next_token', [['past_key_values.0.key', ['N', 2, 'past', 4]]], false],
    ['fill_mask', [['token_type_ids', ['N', 'T'], 'int64']], true],
  ] as const)('are read as %s beside %j, with a doubt: %s', (task, more, isDoubtful) => {
    const { explained, doubts } = describe(model(more)).description;
    expect(explained).toMatchObject({ task: { value: task, source: 'graph' }, classAxis: { value: 2 } });
    expect(doubts.some(({ about }) => about === 'task')).toBe(isDoubtful);
  });
});
