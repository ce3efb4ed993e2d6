import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Drawing, ModalityContext, Prepared } from '../../../src/core/modality/modality.ts';
import type { InputFact, OutputFact } from '../../../src/core/model/description.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import tabular, { type TableRow } from '../../../src/modalities/tabular/modality.ts';

const fact = <T>(value: T) => ({ value, source: 'graph' as const });

const input = (name: string, shape: (number | string)[], more: Partial<InputFact> = {}): InputFact => ({
  name,
  dtype: 'float32',
  shape,
  modality: fact('tabular'),
  layout: fact('NC'),
  batchAxis: fact(0),
  role: fact('explained'),
  ...more,
});

const OUTPUT: OutputFact = {
  name: 'y',
  dtype: 'float32',
  shape: ['N', 2],
  task: fact('classification'),
  batchAxis: fact(0),
  activation: fact('none'),
  logits: 'y',
};

const context = (
  inputs: readonly InputFact[],
  settings?: unknown,
  files: Record<string, string> = {},
): ModalityContext => ({
  inputs,
  settings,
  description: { inputs, outputs: [OUTPUT], explained: OUTPUT, doubts: [] },
  files: { read: async (path) => (files[path] === undefined ? undefined : new TextEncoder().encode(files[path])) },
});

const MATRIX = [input('x', ['N', 3])];
const SETTINGS = {
  columns: ['age', { name: 'height', unit: 'cm', digits: 1 }, { name: 'city', categories: ['Bern', 'Oslo'] }],
};

/** A column each: a number that may be missing, a whole number, a word. */
const SEPARATE = [
  input('income', ['N', 1], { columns: fact([{ missingAllowed: true }]) }),
  input('children', ['N', 1], { dtype: 'int64' }),
  input('job', ['N', 1], {
    dtype: 'int64',
    columns: fact([{ categories: ['baker', 'nurse'], codes: [4, 7], unknownAllowed: true }]),
  }),
];

async function prepared(
  text: string,
  inputs: readonly InputFact[],
  settings?: unknown,
  type = 'text/csv',
): Promise<Prepared<TableRow>> {
  const setting = context(inputs, settings);
  return tabular.prepare(await tabular.decode(new TextEncoder().encode(text), type, setting), setting);
}

describe('the modality of tables', () => {
  it('puts named columns in the order of one matrix for any number of rows', async () => {
    const { inputs, features, notices } = await prepared(
      'city,height,age\nOslo,180,31\nBern,172.25,44',
      MATRIX,
      SETTINGS,
    );
    expect(inputs.x).toEqual(float32([2, 3], [31, 180, 1, 44, 172.25, 0]));
    expect(features[1]?.list.map(({ name }) => name)).toEqual(['age = 44', 'height = 172.3 cm', 'city = Bern']);
    expect([...(features[0]?.mask.x ?? [])]).toEqual([0, 1, 2]);
    expect(notices).toEqual([]);
  });

  it('feeds each column as an input of its own in its dtype', async () => {
    const { inputs, features } = await prepared(
      '[{"income": null, "children": 2, "job": "nurse"}]',
      SEPARATE,
      undefined,
      'application/json',
    );
    expect(Number.isNaN(inputs.income?.data[0])).toBe(true);
    expect(inputs.children).toEqual({ dtype: 'int64', dims: [1, 1], data: BigInt64Array.of(2n) });
    expect(inputs.job?.data[0]).toBe(7n);
    expect(features[0]?.list.map(({ name }) => name)).toEqual(['income is missing', 'children = 2', 'job = nurse']);
  });

  it('reports ignored, renamed and unknown values', async () => {
    const { inputs, notices } = await prepared('id,Income,children,job\n7,10,0,pilot', SEPARATE);
    expect(inputs.job?.data[0]).toBe(-1n);
    expect(notices).toEqual([
      '"Income" was taken for the column "income".',
      'The model does not take "id": it was ignored.',
      'Row 2: the model does not know "pilot" in the column "job", and treats it as none of its categories.',
    ]);
  });

  it('assigns columns by position when the model or the table has no names', async () => {
    const named = await prepared('a,b,c\n1,2,3', MATRIX);
    expect(named.features[0]?.list[1]?.name).toBe('b = 2');
    expect(named.notices).toEqual([expect.stringMatching(/does not name its columns/)]);
    const rows = await prepared('[[1, 2, 3]]', MATRIX, undefined, 'application/json');
    expect(rows.features[0]?.list[1]?.name).toBe('column 2 = 2');
  });

  it.each([
    [
      'age,hight,city\n1,2,Bern',
      /lacks the column "height", which the model needs\. "hight" may be meant for "height"/,
    ],
    ['age,height,city\nold,2,Bern', /^Row 2, column "age": "old" is not a finite number\./],
    [
      'age;height;city\n3;1,82;Bern',
      /^Row 2, column "height": "1,82" is not a finite number\. Write 1\.82, with a point/,
    ],
    ['age,height,city\n3,"1,820",Bern', /Write 1820|Write 1\.820/],
    ['age,height,city\n3,182cm,Bern', /Leave the unit out/],
    ['age,height,city\n,182,Bern', /^Row 2, column "age": "" is a missing value, which the model does not take here/],
    ['age,height,city\n1e39,182,Bern', /too large for the model/],
    [
      'age,height,city\n3,182,Olso',
      /^Row 2, column "city": "Olso" is no category of the column\. Did you mean "Oslo"\? Known: Bern, Oslo\./,
    ],
    ['age,height\n3,182', /lacks the column "city"/],
  ])('refuses %j with row, column and remedy', async (text, message) => {
    await expect(prepared(text, MATRIX, SETTINGS)).rejects.toThrow(message);
  });

  it('refuses rows of the wrong width without names, and a fraction in an integer column', async () => {
    await expect(prepared('[[1, 2]]', MATRIX, SETTINGS, 'application/json')).rejects.toThrow(
      /have 2 values, but the model takes 3: "age", "height", "city"/,
    );
    await expect(prepared('income,children,job\n1,1.5,nurse', SEPARATE)).rejects.toThrow(/"1.5" is not a whole number/);
    await expect(prepared('a,b,c\n1,2,3', [input('x', ['N', 'F'])])).rejects.toThrow(
      /does not say how many columns "x" takes/,
    );
  });

  it('uses median, mean or all background rows, or zeros, as absent values', async () => {
    const settings = { ...SETTINGS, background: 'typical.csv' };
    const files = { 'typical.csv': 'age,height,city\n20,170,Bern\n30,171,Oslo\n70,181,Oslo\n40,180,Oslo' };
    const setting = context(MATRIX, settings, files);
    const row = await prepared('age,height,city\n1,2,Bern', MATRIX, SETTINGS);
    const absent = async (kind?: string) => [...((await tabular.absent(row, 0, setting, kind)).x?.data ?? [])];
    expect(await absent()).toEqual([35, 175.5, 1]);
    expect(await absent('mean')).toEqual([40, 175.5, 1]);
    expect(await absent('zero')).toEqual([0, 0, 0]);
    expect(await absent('rows')).toHaveLength(12);
    await expect(absent('blur')).rejects.toThrow(/no absence called "blur": use median, mean, rows, zero/);
    const without = context(MATRIX, SETTINGS);
    await expect(tabular.absent(row, 0, without, 'mean')).rejects.toThrow(/no background rows to take the mean of/);
    expect([...((await tabular.absent(row, 0, without)).x?.data ?? [])]).toEqual([0, 0, 0]);
    await expect(tabular.absent(row, 0, context(MATRIX, settings))).rejects.toThrow(
      /"typical.csv" is not beside the model/,
    );
  });

  it('reads the background rows of a model once for all rows that are explained', async () => {
    const setting = context(
      MATRIX,
      { ...SETTINGS, background: 'typical.csv' },
      { 'typical.csv': 'age,height,city\n20,170,Bern' },
    );
    const paths: string[] = [];
    const counted: ModalityContext = {
      ...setting,
      files: {
        read(path) {
          paths.push(path);
          return setting.files.read(path);
        },
      },
    };
    const row = await prepared('age,height,city\n1,2,Bern', MATRIX, SETTINGS);
    const answers = [
      tabular.absent(row, 0, counted),
      tabular.absent(row, 0, counted, 'mean'),
      tabular.background?.(counted),
    ];
    for (const answer of await Promise.all(answers)) expect([...(answer?.x?.data ?? [])]).toEqual([20, 170, 0]);
    expect(paths).toEqual(['typical.csv']);
  });

  it('refuses settings that contradict the model or each other', async () => {
    await expect(prepared('a,b\n1,2', MATRIX, { columns: ['a', 'b'] })).rejects.toThrow(
      /name 2 columns, but the model takes 3/,
    );
    await expect(
      prepared('a\n1', MATRIX, { columns: [{ name: 'a', categories: ['x'], codes: [1, 2] }] }),
    ).rejects.toThrow(/"columns.0.codes": expected as many codes/);
  });

  it('recognises tables by their inputs', () => {
    const evidence = (inputs: readonly InputFact[]) => tabular.recognise(context(inputs).description);
    const unknown = { modality: { value: 'tensor', source: 'default' } as const };
    expect(evidence(MATRIX)).toBe(1);
    expect(evidence(SEPARATE.map((one) => ({ ...one, ...unknown, columns: undefined })))).toBeGreaterThan(0.5);
    expect(evidence([input('x', ['N', 3], unknown)])).toBeLessThan(0.5);
    expect(evidence([input('x', ['N', 3, 8, 8], unknown)])).toBe(0);
  });

  it('sums attributions over the elements of a column, and draws the strongest columns first', async () => {
    const row = await prepared('age,height,city\n31,180,Oslo', MATRIX, SETTINGS);
    const features = row.features[0] as Drawing['features'];
    const values = tabular.fold({ x: float32([1, 3], [0.5, -2, 0.25]) }, features);
    expect([...values]).toEqual([0.5, -2, 0.25]);
    const drawing = { view: row.views[0] as TableRow, features, values, title: 'tall', signed: true };
    const lines = stripVTControlCharacters(tabular.draw(drawing, 'ansi')).split('\n');
    expect(lines[0]).toBe('tall');
    expect(lines[1]).toMatch(/^height = 180\.0 cm {2}█{20}│ {20} {2}-2/);
    expect(lines[2]).toMatch(/^age = 31 +│█{5} /);
    const svg = tabular.draw(drawing, 'svg');
    expect(svg).toContain('height = 180.0 cm');
    expect(svg).toContain('sum -1.25');
    expect(tabular.draw(drawing, 'html')).toContain('<th scope="row">city = Oslo</th>');
  });
});
