/** Tasks with answers at tokens over HTTP: names in a text, answers to a question, the next word, a masked word. */
import { describe, expect, it } from 'vitest';
import { ModelCatalogue } from '../../../src/edge/models/catalogue.ts';
import { appWith, outputsOf, services } from '../../support/app.ts';
import { TOKEN_IDS, tokenModels } from '../../support/token-models.ts';

const readers = { forms: services.explainer.tasks.forms, modalities: services.modalities };
const ask = appWith({ models: new ModelCatalogue(tokenModels, { readers }) });

interface Answer {
  readonly predictions: Record<string, unknown>[];
  readonly score: number;
  /** Value of each word. */
  readonly words: Record<string, number>;
}

function post(model: string, body: object, query = ''): Promise<Response> {
  return ask(`/v2/models/${model}/explain?method=integrated_gradients${query}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function explain(model: string, body: object, target?: string): Promise<Answer> {
  const response = await post(model, body, target === undefined ? '' : `&target=${encodeURIComponent(target)}`);
  if (response.status !== 200) throw new Error(await response.text());
  const { predictions, scores, features } = await outputsOf(response);
  const listed = JSON.parse(String(features?.data[0])) as { name: string; value: number }[];
  return {
    predictions: JSON.parse(String(predictions?.data[0])),
    score: Number(scores?.data[0]),
    words: Object.fromEntries(listed.map(({ name, value }) => [name, value])),
  };
}

const closeTo = (value: number) => expect.closeTo(value, 4);

describe('the explanation of classified tokens over HTTP', () => {
  const text = { text: 'the film was bad' };

  it('lists the words with a class, the most probable first, and explains the first', async () => {
    const { predictions, score, words } = await explain('names', text);
    expect(predictions).toEqual([
      expect.objectContaining({ label: 'VERDICT', class: 2, score: closeTo(5), position: 4, word: 'bad' }),
      expect.objectContaining({ label: 'THING', class: 1, score: closeTo(4), position: 2, word: 'film' }),
    ]);
    expect(score).toBeCloseTo(5, 4);
    expect(words).toEqual({ the: closeTo(0), film: closeTo(0), was: closeTo(0), bad: closeTo(5) });
  });

  it.each(['box:1', 'THING'])('explains another token, chosen by %s', async (target) => {
    const { score, words } = await explain('names', text, target);
    expect(score).toBeCloseTo(4, 4);
    expect(words).toEqual({ the: closeTo(0), film: closeTo(4), was: closeTo(0), bad: closeTo(0) });
  });

  it('answers 404 for a prediction that does not exist', async () => {
    const response = await post('names', text, '&target=box:5');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'label_not_found' });
  });
});

describe('the explanation of an answer to a question over HTTP', () => {
  // The answer lies in the second text: 'is it' has no tokens that score.
  const text = { text: 'is it', text_pair: 'the film was good' };

  it('lists spans of tokens with the sum of the scores of their ends', async () => {
    const { predictions } = await explain('answers', text);
    // Tokens 4 to 7 are the second text; "was" adds 1 to every start.
    const place = { start: 10, end: 23 };
    expect(predictions[0]).toMatchObject({ score: closeTo(8), span: [5, 7], word: 'film was good', ...place });
    expect(predictions[1]).toMatchObject({ score: closeTo(6), span: [4, 7], word: 'the film was good' });
  });

  it('looks for the answer in the second text alone', async () => {
    const { predictions } = await explain('answers', { text: 'film good', text_pair: 'the film was good' });
    expect(predictions[0]).toMatchObject({ span: [5, 7] });
    expect(predictions.every(({ start }) => Number(start) >= 10)).toBe(true);
  });

  it('explains start and end of the best answer by its words', async () => {
    const { score, words } = await explain('answers', text);
    expect(score).toBeCloseTo(8, 4);
    expect(words).toEqual({
      is: closeTo(0),
      it: closeTo(0),
      the: closeTo(0),
      film: closeTo(3),
      was: closeTo(1),
      good: closeTo(4),
    });
  });

  it('explains another answer by its number', async () => {
    const { score, words } = await explain('answers', text, 'box:1');
    expect(score).toBeCloseTo(6, 4);
    expect(words).toMatchObject({ the: closeTo(1), film: closeTo(0), was: closeTo(1), good: closeTo(4) });
  });

  it('answers 404 for a target that is no span', async () => {
    const response = await post('answers', text, '&target=good');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining('choose one by its number') });
  });
});

describe.each([
  // [CLS] the film was not [SEP]: the word in front of [SEP] is asked, which counts itself once more.
  ['next', 'the next word', 'the film was not', 4, 6],
  ['masked', 'a masked word', 'the film was not [MASK]', 5, 3],
])('the explanation of %s over HTTP (%s)', (model, _, text, position, best) => {
  it('lists the best tokens of the vocabulary at one position', async () => {
    const { predictions, words } = await explain(model, { text });
    expect(predictions.slice(0, 2)).toEqual([
      expect.objectContaining({ label: 'bad', class: TOKEN_IDS.bad, score: closeTo(best), position }),
      expect.objectContaining({ label: 'good', class: TOKEN_IDS.good, score: closeTo(2), position }),
    ]);
    expect(words).toMatchObject({ the: closeTo(0), film: closeTo(0), was: closeTo(0), not: closeTo(best) });
  });

  it.each(['box:1', String(TOKEN_IDS.good), 'good'])(
    'explains another token of the vocabulary, chosen by %s',
    async (target) => {
      const { score, words } = await explain(model, { text }, target);
      expect(score).toBeCloseTo(2, 4);
      expect(words).toMatchObject({ the: closeTo(0), film: closeTo(2), was: closeTo(0), not: closeTo(0) });
    },
  );
});

describe('a text without a mask token', () => {
  it('is refused by a model that fills masks', async () => {
    const response = await post('masked', { text: 'the film' });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining('no mask token') });
  });
});
