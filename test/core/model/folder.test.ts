import { describe, expect, it } from 'vitest';
import { findModel, folderFacts, type ModelFolder } from '../../../src/core/model/folder.ts';

const folder = (files: Readonly<Record<string, string>>): ModelFolder => ({
  list: async () => Object.keys(files),
  read: async (path) => (files[path] === undefined ? undefined : new TextEncoder().encode(files[path])),
});

const holding = (...names: string[]) => folder(Object.fromEntries(names.map((name) => [name, ''])));

describe('the model of a folder', () => {
  it.each([
    [['config.json', 'onnx/model.onnx', 'model.onnx'], 'onnx/model.onnx'],
    [['onnx/model_int8.onnx', 'onnx/model_fp16.onnx', 'onnx/model.onnx'], 'onnx/model.onnx'],
    [['onnx/model_quantized.onnx', 'onnx/model_fp16.onnx'], 'onnx/model_fp16.onnx'],
    [['classifier.onnx', 'README.md'], 'classifier.onnx'],
  ])('of %j is %s', async (names, expected) => {
    expect((await findModel(holding(...names), 'f')).file).toBe(expected);
  });

  it('is named in a notice when there are several or it is quantised', async () => {
    expect((await findModel(holding('model.onnx'), 'f')).notices).toEqual([]);
    const { notices } = await findModel(holding('onnx/model.onnx', 'onnx/model_q4.onnx'), 'f');
    expect(notices).toEqual(['onnx/model.onnx is used; there is also onnx/model_q4.onnx.']);
    expect((await findModel(holding('onnx/model_q4.onnx'), 'f')).notices[0]).toContain('onnx/model_q4.onnx is used');
  });

  it('is reported as missing with the expected names, or as ambiguous with the names found', async () => {
    await expect(findModel(holding('config.json'), 'f')).rejects.toMatchObject({
      code: 'model_not_found',
      message: expect.stringContaining('onnx/model.onnx'),
    });
    await expect(findModel(holding('onnx/encoder_model.onnx', 'onnx/decoder_model.onnx'), 'f')).rejects.toThrow(
      /encoder_model.onnx/,
    );
  });
});

describe('facts of a folder', () => {
  it('are labels, task and preprocessing, each with its file', async () => {
    const facts = await folderFacts(
      folder({
        'config.json': '{ "architectures": ["ViTForImageClassification"], "id2label": { "0": "red", "1": "blue" } }',
        'preprocessor_config.json': '{ "size": { "height": 32, "width": 32 }, "image_mean": [0.5, 0.4, 0.6] }',
      }),
    );
    expect(facts.labels).toEqual({ value: ['red', 'blue'], source: 'file:config.json' });
    expect(facts.task?.value).toBe('classification');
    expect(facts.preprocessing?.value).toMatchObject({ size: [32, 32] });
  });

  it('are empty without files, and an error for a file that is not a JSON object', async () => {
    expect(await folderFacts(folder({}))).toEqual({});
    await expect(folderFacts(folder({ 'config.json': '[]' }))).rejects.toMatchObject({ code: 'invalid_config' });
    await expect(folderFacts(folder({ 'config.json': '{' }))).rejects.toMatchObject({ code: 'invalid_config' });
  });
});
