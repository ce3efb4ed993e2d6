import { describe, expect, it } from 'vitest';
import type { ModalityContext } from '../../../src/core/modality/modality.ts';
import type { InputFact } from '../../../src/core/model/description.ts';
import { float32, tensor } from '../../../src/core/tensor/tensor.ts';
import { writeNpy } from '../../../src/modalities/arrays/npy.ts';
import tensors from '../../../src/modalities/tensor/modality.ts';

const input = (name: string, shape: (number | string)[], more: Partial<InputFact> = {}): InputFact => ({
  name,
  dtype: 'float32',
  shape,
  modality: { value: 'tensor', source: 'default' },
  layout: { value: '', source: 'default' },
  batchAxis: { value: 0, source: 'graph' },
  role: { value: 'explained', source: 'graph' },
  ...more,
});

const context = (...inputs: InputFact[]) => ({ inputs }) as unknown as ModalityContext;
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

async function prepared(bytes: Uint8Array, mediaType: string, setting: ModalityContext) {
  return tensors.prepare(await tensors.decode(bytes, mediaType, setting), setting);
}

describe('the modality of plain tensors', () => {
  it('reads one array for one input in its dtype, with or without the batch axis', async () => {
    const setting = context(input('x', ['N', 2, 2], { dtype: 'float16' }));
    const file = writeNpy(tensor('float64', [2, 2], [1, 2, 3, 4]));
    const { inputs, features } = await prepared(file, 'application/x-npy', setting);
    expect(inputs.x).toMatchObject({ dtype: 'float16', dims: [1, 2, 2] });
    expect(features[0]?.list.map(({ name }) => name)).toEqual(['x[0, 0]', 'x[0, 1]', 'x[1, 0]', 'x[1, 1]']);
  });

  it('takes fixed inputs with rows of their own, such as the texts beside an image', async () => {
    const setting = context(
      input('image', ['image_batch', 2]),
      input('ids', ['text_batch', 3], { dtype: 'int64', role: { value: 'fixed', source: 'graph' } }),
    );
    const ids = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    const { inputs, features } = await prepared(json({ image: [[1, 2]], ids }), 'application/json', setting);
    expect(features).toHaveLength(1);
    expect(inputs.ids?.dims).toEqual([2, 3]);
  });

  it('reads named inputs from JSON, and gives features to the explained ones', async () => {
    const state = { role: { value: 'state', source: 'graph' } } as const;
    const setting = context(
      input('x', ['N', 2]),
      input('h', ['N', 1], state),
      input('ids', ['N', 2], { dtype: 'int64' }),
    );
    const { inputs, features, views } = await prepared(
      json({
        x: [
          [1, 2],
          [3, 4],
        ],
        h: [[0], [0]],
        ids: [
          [7, 8],
          [9, 10],
        ],
      }),
      'application/json',
      setting,
    );
    expect([...(inputs.ids?.data ?? [])]).toEqual([7n, 8n, 9n, 10n]);
    expect(views).toHaveLength(2);
    expect(features[1]?.list.map(({ name }) => name)).toEqual(['x[0]', 'x[1]', 'ids[0]', 'ids[1]']);
    expect(Object.keys(features[0]?.mask ?? {})).toEqual(['x', 'ids']);
  });

  it('reads raw elements when the model declares their shape', async () => {
    const setting = context(input('x', ['N', 3]));
    const bytes = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);
    const { inputs, views } = await prepared(bytes, 'application/octet-stream', setting);
    expect(inputs.x?.dims).toEqual([2, 3]);
    expect(views).toHaveLength(2);
  });

  it('uses blocks of the longest axis as features when there are many elements', async () => {
    const setting = context(input('x', ['N', 2, 1000]));
    const { features } = await prepared(writeNpy(float32([1, 2, 1000])), 'application/x-npy', setting);
    const [row] = features;
    expect(row?.list).toHaveLength(64);
    expect(row?.list[1]?.name).toBe('x[:, 16:31]');
    const mask = row?.mask.x as Int32Array;
    expect([mask[15], mask[16], mask[30], mask[31], mask[1016], mask[1999]]).toEqual([0, 1, 1, 2, 1, 63]);
  });

  it('uses zero as absent value, and sums an attribution over features', async () => {
    const setting = context(input('x', ['N', 2]));
    const row = await prepared(json([[1, 2]]), 'application/json', setting);
    expect([...((await tensors.absent(row, 0, setting)).x?.data ?? [])]).toEqual([0, 0]);
    expect([...tensors.fold({ x: float32([1, 2], [3, -4]) }, row.features[0] as never)]).toEqual([3, -4]);
    expect(() => tensors.absent(row, 0, setting, 'blur')).toThrow('no absence called "blur"');
  });

  it('draws the strongest features as bars', async () => {
    const row = await prepared(json([[1, 2]]), 'application/json', context(input('<x>', ['N', 2])));
    const drawing = { view: row.views[0] as never, features: row.features[0] as never, values: [3, -4], signed: true };
    expect(tensors.draw(drawing, 'svg')).toContain('&lt;x&gt;[1]');
    expect(tensors.draw(drawing, 'ansi')).toContain('<x>[1]');
  });

  it.each([
    [json({ y: [[1, 2]] }), 'application/json', [input('x', ['N', 2])], 'missing "x"; unknown "y"; "y" is perhaps "x"'],
    [
      json([[1, 2]]),
      'application/json',
      [input('x', ['N', 2]), input('z', ['N', 2])],
      'missing "x", "z"; unknown one without a name',
    ],
    [
      json([[1, 2, 3]]),
      'application/json',
      [input('x', ['N', 2])],
      'The tensor for "x" has shape [1, 3], but the model takes [N, 2]',
    ],
    [
      json({ x: [[1, 2]], z: [[1], [2]] }),
      'application/json',
      [input('x', ['N', 2]), input('z', ['N', 1])],
      '"x" has 1 rows, but "z" has 2',
    ],
    [json({ x: [[1, 'a']] }), 'application/json', [input('x', ['N', 2])], '[0][1] of "x" is "a"'],
    [new TextEncoder().encode('[1,'), 'application/json', [input('x', ['N', 2])], 'line 1, column 4: not valid JSON'],
    [new Uint8Array(7), 'application/octet-stream', [input('x', ['N', 2])], 'has 7 bytes'],
    [new Uint8Array(8), 'application/octet-stream', [input('x', ['N', 'T'])], 'Raw elements have no shape'],
    [new Uint8Array(), 'application/x-npy', [input('x', ['N', 2])], 'it has 0 bytes'],
    [new Uint8Array(1), 'image/png', [input('x', ['N', 2])], 'A tensor does not come as image/png'],
  ])('refuses %#', async (bytes, mediaType, inputs, message) => {
    await expect(prepared(bytes, mediaType, context(...inputs))).rejects.toThrow(message);
  });
});
