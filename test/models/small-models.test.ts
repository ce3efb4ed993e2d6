/** The small models of texts and tables that are shipped, on the examples that are shipped. */
import { stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { whylight } from '../support/command-line.ts';

interface Row {
  readonly method: string;
  readonly predictions: readonly { readonly label: string; readonly probability?: number }[];
  readonly features: readonly { readonly name: string; readonly value: number }[];
}

/** Explanations of an example with the method that is chosen without a flag. */
function explain(model: string, ...input: string[]): Row[] {
  const { code, stdout, stderr } = whylight(
    'explain',
    '--model',
    `models/${model}`,
    ...input,
    '--json',
    '--no-summary',
  );
  expect(stderr).not.toContain('error');
  expect(code).toBe(0);
  return [JSON.parse(stdout)].flat();
}

/** Names of features by their value, the largest first. */
const strongest = ({ features }: Row): string[] =>
  features.toSorted((a, b) => b.value - a.value).map(({ name }) => name);

describe('the model "movie_reviews"', () => {
  it('finds a dull and predictable film negative because of these words, and against "beautifully" and "moving"', () => {
    const [row] = explain('movie_reviews', 'examples/data/review.txt') as [Row];
    expect(row.predictions[0]?.label).toBe('negative');
    expect(strongest(row).slice(0, 2)).toEqual(['dull', 'predictable']);
    expect(strongest(row).slice(-2)).toEqual(['beautifully', 'moving']);
  });

  it('answers a text without a known word', () => {
    const [row] = explain('movie_reviews', '--text', 'Xyzzy!') as [Row];
    expect(row.features.map(({ name }) => name)).toEqual(['Xyzzy']);
  });
});

describe('the model "penguins"', () => {
  it('tells three species, and that the sex of one is missing', () => {
    const rows = explain('penguins', 'examples/data/penguins.csv');
    expect(rows.map(({ predictions }) => predictions[0]?.label)).toEqual(['Adelie', 'Gentoo', 'Chinstrap']);
    expect(rows.map((row) => strongest(row)[0])).toEqual([
      'bill_length_mm = 42.0 mm',
      'flipper_length_mm = 209 mm',
      'island = Dream',
    ]);
    expect(rows[0]?.features.at(-1)?.name).toBe('sex is missing');
    // The probabilities of the file, not their softmax, which is at most 0.58.
    expect(rows[0]?.predictions[0]?.probability).toBeGreaterThan(0.99);
  });
});

describe('the model "adult_income"', () => {
  it('shows in an example that it leans on race', () => {
    const rows = explain('adult_income', 'examples/data/adult_income.csv');
    expect(rows.map(({ predictions }) => predictions[0]?.label)).toEqual(['<=50K', '>50K', '>50K']);
    expect(rows[0]?.features.find(({ name }) => name === 'race = Black')?.value).toBeGreaterThan(0.2);
  });
});

describe('the model "speech_digits"', () => {
  it('hears the synthesised "nine" because of its vowels, and tells stretches of time', () => {
    const [row] = explain('speech_digits', 'examples/data/nine.wav') as [Row];
    expect(row.predictions[0]?.label).toBe('nine');
    const [first, ...others] = row.features;
    expect(first?.name).toMatch(/^0\.00 to 0\.05 s, \d+ to \d+ Hz$/);
    expect(others.length).toBeGreaterThan(10);
  });
});

describe('the small models', () => {
  it.each(['movie_reviews', 'penguins', 'adult_income', 'italy_power', 'speech_digits'])(
    '%s takes at most 1 MB',
    async (name) => {
      expect((await stat(`models/${name}/model.onnx`)).size).toBeLessThanOrEqual(1_000_000);
    },
  );
});
