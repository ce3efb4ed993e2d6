/** Tensors for models of texts, tables and series: their features have the names that the modality gives. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeNpy } from '../../src/modalities/arrays/npy.ts';
import { type ExplainableModel, float32, open, tensor } from '../../src/package/node.ts';
import { DAY } from '../support/data-requests.ts';

const namesOf = ({ features }: { readonly features: readonly { readonly name: string }[] }): string[] =>
  features.map(({ name }) => name);

describe('token ids for a model of texts', () => {
  const words = readFileSync('models/movie_reviews/words.txt', 'utf8').split('\n');
  const question = { method: 'saliency', target: 'positive', summary: false };
  const ids = ['a', 'brilliant', 'film'].map((word) => words.indexOf(word));
  let model: ExplainableModel;
  beforeAll(async () => {
    model = await open('movie_reviews');
  });

  const inputs = (...given: number[]) => ({
    input_ids: tensor('int64', [1, given.length], given),
    attention_mask: tensor(
      'int64',
      [1, given.length],
      given.map((id) => (id === 0 ? 0 : 1)),
    ),
  });

  it('have features named by the vocabulary, without places, and none for padding', async () => {
    const { features, notices } = await model.explain(inputs(...ids, 0), question);
    expect(notices.join()).not.toContain('names');
    expect(features).toEqual(['a', 'brilliant', 'film'].map((name) => ({ name, value: expect.any(Number) })));
  });

  it('have the values of the text that they stand for', async () => {
    const tokens = await model.explain(inputs(...ids), question);
    const text = await model.explain('a brilliant film', question);
    expect(tokens.features.map(({ value }) => value)).toEqual(text.features.map(({ value }) => value));
  });

  it('that the attention mask hides have a notice that says why they have no names', async () => {
    const { attention_mask: hidden } = inputs(0, 0, 0);
    const { notices } = await model.explain({ ...inputs(...ids), attention_mask: hidden }, question);
    expect(notices.join()).toContain('have no names: Row 1 of');
  });

  it('are refused as the bytes of one array where the model takes several', async () => {
    const npy = writeNpy(tensor('int64', [1, 3], ids));
    await expect(model.explain(npy, question)).rejects.toThrow('Send .npz');
  });
});

describe('a matrix for a model of tables', () => {
  it('has the columns with their units and categories as features', async () => {
    const model = await open('penguins');
    const input = String(model.model.file.inputs[0]?.name);
    const row = { [input]: float32([1, 6], Float32Array.of(0, 46.1, 13.2, 211, 4500, Number.NaN)) };
    const names = namesOf(await model.explain(row, { method: 'tree_shap', summary: false }));
    expect(names).toContain('island = Biscoe');
    expect(names.find((name) => name.startsWith('sex'))).toBe('sex is missing');
  });
});

describe('an array for a model of series', () => {
  it('has windows of time as features, as a file of the same series', async () => {
    const model = await open('italy_power');
    const question = { method: 'saliency', summary: false };
    const input = String(model.model.file.inputs[0]?.name);
    const values = Float32Array.from(DAY);
    const tensors = await model.explain({ [input]: float32([1, 1, 24], values) }, question);
    expect(namesOf(tensors)).toEqual(namesOf(await model.explain([...DAY], question)));
    expect(namesOf(tensors)[0]).toBe('0 to 1 h');
  });
});

describe('features of a sound', () => {
  it('that comes as a tensor have no names, and a notice says so', async () => {
    const model = await open('speech_digits');
    const fact = model.model.file.inputs[0];
    const dims = fact?.dims?.map((dim, axis) => (typeof dim === 'number' && axis > 0 ? dim : 1)) ?? [];
    const input = { [String(fact?.name)]: float32(dims) };
    const { notices } = await model.explain(input, { method: 'saliency', summary: false });
    expect(notices.join()).toContain('have no names: the modality audio names features of files only');
  });
});
