import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openModel } from '../../src/cli/model-file.ts';
import { GraphBuilder } from '../../src/core/onnx/builder.ts';
import { write } from '../../src/core/onnx/write.ts';

const folder = mkdtempSync(join(tmpdir(), 'whylight-model-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = join(folder, 'two.onnx');
const g = GraphBuilder.empty();
const [x, y] = [g.input('x', 'float32', ['N', 4]), g.input('y', 'float32', ['N', 4])];
const first = g.named(g.add(x, y), 'first');
writeFileSync(file, write(g.build([first, g.named(g.reshape(g.mul(x, y), ['N', 2, 2]), 'second')])).graph);

describe('flags that correct a description', () => {
  it('choose the output, its class axis and the inputs that are held fixed', async () => {
    const { model } = await openModel({ model: file, output: 'second', 'class-axis': '2', hold: 'y' }, {}, folder);
    const { explained, inputs } = model.description;
    expect(explained).toMatchObject({ name: 'second', classAxis: { value: 2, source: 'request' } });
    expect(inputs.map(({ role }) => role)).toEqual([
      { value: 'explained', source: 'graph' },
      { value: 'fixed', source: 'request' },
    ]);
    expect(model.info().inputs.map(({ name }) => name)).toEqual(['x']);
  });

  it('name the columns of a table, and a list of words that lies elsewhere', async () => {
    const words = join(folder, 'words.txt');
    writeFileSync(words, 'good 1\n');
    const opened = await openModel({ model: file, 'column-names': 'a, b', vocabulary: words }, {}, folder);
    expect(opened.model.manifest.modalities).toEqual({
      tabular: { columns: ['a', 'b'] },
      text: { vocabulary: { file: '--vocabulary' } },
    });
    expect(new TextDecoder().decode(await opened.files.read('--vocabulary'))).toBe('good 1\n');
  });

  it('are the source of labels, and leave that of entries of the manifest as it is', async () => {
    const own = join(folder, 'own');
    mkdirSync(own, { recursive: true });
    copyFileSync(file, join(own, 'model.onnx'));
    writeFileSync(
      join(own, 'manifest.json'),
      JSON.stringify({ name: 'own', file: 'model.onnx', output: 'second', class_axis: 1 }),
    );
    const names = join(folder, 'names.txt');
    writeFileSync(names, 'cat\ndog\n');
    const { model } = await openModel({ model: own, labels: names, 'class-axis': '2' }, {}, folder);
    expect(model.description.explained).toMatchObject({
      classAxis: { value: 2, source: 'request' },
      labels: { source: 'request' },
    });
    const plain = await openModel({ model: own }, {}, folder);
    expect(plain.model.description.explained.classAxis).toEqual({ value: 1, source: 'manifest' });
  });

  it('are refused for an output that the model does not have', async () => {
    await expect(openModel({ model: file, output: 'third' }, {}, folder)).rejects.toThrow(
      /the model has first, second/,
    );
  });
});
