/** The embedded models of every kind over HTTP, with bodies as people have them. */
import { describe, expect, it, vi } from 'vitest';
import { appWith, outputsOf } from '../../support/app.ts';
import {
  DAY,
  explainer,
  featuresOf,
  npy,
  PENGUIN,
  PENGUIN_HEAD,
  PENGUIN_ROW,
  tone,
} from '../../support/data-requests.ts';

const ask = appWith();
const explain = explainer(ask);

interface JobView {
  readonly id: string;
  readonly status: string;
  readonly result: string;
}

/** Result of a request that runs as a job. */
async function resultOfJob(...[model, query, type, body]: Parameters<typeof explain>): Promise<Response> {
  const accepted = await explain(model, query, type, body, { Prefer: 'respond-async' });
  expect(accepted.status).toBe(202);
  const { id } = (await accepted.json()) as JobView;
  const view = await vi.waitUntil(
    async () => {
      const now = (await (await ask(`/v2/jobs/${id}`)).json()) as JobView;
      return now.status !== 'queued' && now.status !== 'running' && now;
    },
    { timeout: 40_000, interval: 200 },
  );
  expect(view.status).toBe('succeeded');
  return ask(view.result);
}

const noticesOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { parameters: { notices?: string } }).parameters.notices ?? '';

describe('a series over HTTP', () => {
  const query = 'method=integrated_gradients&target=winter';

  it('is the same as CSV, JSON and .npy, and has windows of time as features', async () => {
    const bodies: [string, BodyInit][] = [
      ['text/csv', `demand\n${DAY.join('\n')}\n`],
      ['application/json', JSON.stringify({ demand: DAY })],
      ['application/json', JSON.stringify(DAY)],
    ];
    const answers = [];
    for (const [type, body] of bodies) {
      const response = await explain('italy_power', query, type, body);
      expect(response.status, `${type} ${await response.clone().text()}`).toBe(200);
      answers.push(featuresOf(await outputsOf(response)));
    }
    const [csv = [], ...others] = answers;
    expect(csv.map(({ name }) => name)).toContain('0 to 1 h');
    for (const other of others) expect(other).toEqual(csv);
  });

  it('as an .npy file of the tensor of the model has the windows as features', async () => {
    const response = await explain(
      'italy_power',
      query,
      'application/x-npy',
      npy(
        [1, 1, 24],
        DAY.map((v) => v / 100),
      ),
    );
    expect(response.status, await response.clone().text()).toBe(200);
    expect(featuresOf(await outputsOf(response)).length).toBeGreaterThan(1);
  });
});

describe('a sound over HTTP', () => {
  it('as a WAV file has stretches of time as features', async () => {
    const response = await explain('speech_digits', 'method=saliency&target=seven', 'audio/wav', tone(8000));
    expect(response.status, await response.clone().text()).toBe(200);
    const outputs = await outputsOf(response);
    expect(featuresOf(outputs).every(({ start = -1, end = -1 }) => start >= 0 && end > start)).toBe(true);
    expect(outputs.target?.data).toEqual([7]);
  });
});

describe('a table over HTTP', () => {
  it('as JSON with words, numbers and gaps is explained by its columns', async () => {
    const { sex: _, ...gap } = PENGUIN;
    const body = JSON.stringify([PENGUIN, { ...gap, sex: null }]);
    const response = await explain('penguins', 'method=tree_shap&target=Gentoo', 'application/json', body);
    expect(response.status, await response.clone().text()).toBe(200);
    const outputs = await outputsOf(response);
    expect(featuresOf(outputs).map(({ name }) => name)).toContain('island = Biscoe');
    expect(
      featuresOf(outputs, 1)
        .map(({ name }) => name)
        .join(),
    ).toContain('sex');
  });

  it('as an .npy file of the matrix of the model has the columns as features', async () => {
    const response = await explain(
      'penguins',
      'method=tree_shap',
      'application/x-npy',
      npy([1, 6], [0, 46.1, 13.2, 211, 4500, 0]),
    );
    expect(response.status, await response.clone().text()).toBe(200);
    expect(featuresOf(await outputsOf(response)).map(({ name }) => name)).toContain('island = Biscoe');
  });

  it.each(['image/svg+xml', 'text/html'])('says once what absent columns did in a drawing as %s', async (accept) => {
    const body = JSON.stringify(PENGUIN);
    const query = 'method=tree_shap&target=Gentoo';
    const response = await explain('penguins', query, 'application/json', body, { Accept: accept });
    const drawn = await response.text();
    expect(drawn).toMatch(/<text[^>]*>Gentoo<\/text>/);
    expect(drawn.match(/Absent columns took/g)).toHaveLength(1);
  });

  it('runs as a job with the result of a direct request, notices included', async () => {
    const csv = `${PENGUIN_HEAD},year\n${PENGUIN_ROW},2009\n`;
    const job = await resultOfJob('penguins', 'method=tree_shap&seed=5', 'text/csv', csv);
    const direct = await explain('penguins', 'method=tree_shap&seed=5', 'text/csv', csv);
    expect(await noticesOf(job.clone())).toContain('"year"');
    expect(await outputsOf(job)).toEqual(await outputsOf(direct));
  });
});

describe('a text over HTTP', () => {
  it('runs as a job that says that it was truncated', async () => {
    const text = 'a warm and funny film '.repeat(40);
    const job = await resultOfJob('movie_reviews', 'method=saliency&target=positive', 'text/plain', text);
    expect(await noticesOf(job.clone())).toMatch(/truncated|left out/);
    expect(featuresOf(await outputsOf(job)).map(({ name }) => name)).toContain('funny');
  });

  it('answers 404 with the nearest class for a target that is none', async () => {
    const response = await explain('movie_reviews', 'method=saliency&target=positiv', 'text/plain', 'good');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      code: 'label_not_found',
      detail: expect.stringContaining('positive'),
    });
  });
});

describe('files beside a model that can be downloaded', () => {
  it.each([
    ['movie_reviews', 'words.txt', /^<pad>|^\S+\n/],
    ['penguins', 'background.csv', /^island,bill_length_mm/],
  ])('of %s are listed and served, so that a browser can run it', async (model, path, begins) => {
    const { files } = (await (await ask(`/v2/models/${model}`)).json()) as { files: string[] };
    expect(files).toContain(path);
    const response = await ask(`/v2/models/${model}/file?path=${path}`);
    expect(response.status).toBe(200);
    expect(await response.text()).toMatch(begins);
    const etag = response.headers.get('ETag') ?? '';
    const again = await ask(`/v2/models/${model}/file?path=${path}`, { headers: { 'If-None-Match': etag } });
    expect(again.status).toBe(304);
    expect((await ask(`/v2/models/${model}/file`)).headers.get('ETag')).not.toBe(etag);
  });

  it.each(['training.json', 'manifest.json', '../penguins/background.csv'])('do not include %s', async (path) => {
    const response = await ask(`/v2/models/movie_reviews/file?path=${encodeURIComponent(path)}`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'not_found', detail: expect.stringContaining('words.txt') });
  });
});
