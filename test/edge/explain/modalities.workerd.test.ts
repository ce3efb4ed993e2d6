/** Texts, tables and detectors over HTTP, with models that are worked out by hand. */
import { describe, expect, it } from 'vitest';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { ModelCatalogue } from '../../../src/edge/models/catalogue.ts';
import { writeNpy } from '../../../src/modalities/arrays/npy.ts';
import { appWith, type Output, outputsOf, services } from '../../support/app.ts';
import { otherModels } from '../../support/other-models.ts';

const readers = { forms: services.explainer.tasks.forms, modalities: services.modalities };
const ask = appWith({ models: new ModelCatalogue(otherModels, { readers }) });

const post = (path: string, type: string, body: BodyInit, headers: Record<string, string> = {}): Promise<Response> =>
  ask(path, { method: 'POST', headers: { 'Content-Type': type, ...headers }, body });

const explain = (query: string, type: string, body: BodyInit): Promise<Response> =>
  post(`/v2/models/${query}`, type, body);

const listOf = (output: Output | undefined, row = 0): Record<string, unknown>[] =>
  JSON.parse(String(output?.data[row] ?? 'null'));

const named = (output: Output | undefined, row = 0): Record<string, number> =>
  Object.fromEntries(listOf(output, row).map(({ name, value }) => [String(name), Number(value)]));

describe('the explanation of a text over HTTP', () => {
  it('has one value for each word, by its name and place', async () => {
    const response = await explain('words/explain?method=integrated_gradients', 'text/plain', 'good bad');
    expect(response.status).toBe(200);
    const { features, predictions } = await outputsOf(response);
    expect(listOf(features).map(({ name, start, end }) => [name, start, end])).toEqual([
      ['good', 0, 4],
      ['bad', 5, 8],
    ]);
    expect(listOf(predictions)[0]).toMatchObject({ label: expect.any(String), class: expect.any(Number) });
  });

  it('is the same for JSON, for a form and for inputs of datatype BYTES', async () => {
    const path = 'words/explain?method=integrated_gradients&target=POSITIVE';
    const form = new FormData();
    form.set('text', new File(['good bad'], 'a.txt', { type: 'text/plain' }));
    const inputs = [{ name: 'text', datatype: 'BYTES', shape: [1], data: ['good bad'] }];
    const responses = await Promise.all([
      explain(path, 'text/plain', 'good bad'),
      explain(path, 'application/json', '{"text": "good bad"}'),
      ask(`/v2/models/${path}`, { method: 'POST', body: form }),
      explain(path, 'application/json', JSON.stringify({ inputs })),
    ]);
    const answers = await Promise.all(responses.map(outputsOf));
    const [first, ...others] = answers.map(({ features }) => named(features));
    expect(Object.keys(first ?? {})).toEqual(['good', 'bad']);
    for (const other of others) expect(other).toEqual(first);
  });

  it('names words in its summary', async () => {
    const response = await explain(
      'words/explain?method=integrated_gradients&target=POSITIVE&summary=true',
      'text/plain',
      'good bad',
    );
    const { summary } = await outputsOf(response);
    expect(summary?.data[0]).toContain('"good"');
  });

  it('has a notice of what was cut off a text that is too long', async () => {
    const response = await explain('short/explain?method=integrated_gradients', 'text/plain', 'good bad good good');
    const { parameters } = (await response.clone().json()) as { parameters: Record<string, unknown> };
    expect(parameters.notices).toBe('The text has 6 tokens and the model takes 4: the last 2 are left out.');
    expect(Object.keys(named((await outputsOf(response)).features))).toEqual(['good', 'bad']);
  });

  it('refuses an empty text', async () => {
    const response = await explain('words/explain?method=integrated_gradients', 'text/plain', '');
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining('Give at least one word') });
  });

  it('refuses a media type that the model does not take, and lists those that it takes', async () => {
    const response = await explain('words/explain?method=saliency', 'audio/wav', 'RIFF');
    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({ allowed: expect.arrayContaining(['text/plain']) });
  });

  it('comes from the cache the second time', async () => {
    const again = () => explain('words/explain?method=integrated_gradients&seed=11', 'text/plain', 'good good bad');
    const [first, second] = [await again(), await again()];
    expect(second.headers.get('X-Whylight-Cache')).not.toBe('miss');
    expect(await second.json()).toMatchObject({ outputs: ((await first.json()) as { outputs: object[] }).outputs });
  });

  it('has metrics over whole words', async () => {
    const metrics = 'deletion,insertion,comprehensiveness,sufficiency,road';
    const response = await explain(
      `words/explain?method=feature_ablation&metrics=${metrics}`,
      'text/plain',
      'good good bad',
    );
    const { parameters } = (await response.clone().json()) as { parameters: Record<string, unknown> };
    const outputs = await outputsOf(response);
    for (const metric of ['deletion', 'insertion', 'comprehensiveness', 'sufficiency']) {
      expect(outputs[`metric.${metric}`]?.data, metric).toEqual([expect.any(Number)]);
    }
    expect(parameters.metrics_skipped).toBe('road: road fills in pixels, but the model sees no image.');
  });

  it('is streamed as events with the features in the result', async () => {
    const response = await post('/v2/models/words/explain?method=occlusion', 'text/plain', 'good bad', {
      Accept: 'text/event-stream',
    });
    const text = await response.text();
    expect(text).toContain('event: result');
    expect(text).toContain('\\"name\\":\\"good\\"');
  });
});

describe('drawings of explanations over HTTP', () => {
  const words = (accept: string): Promise<Response> =>
    post('/v2/models/words/explain?method=integrated_gradients', 'text/plain', 'good bad', { Accept: accept });

  it.each([
    ['image/svg+xml', '<svg', 'image/svg+xml'],
    ['image/*', '<svg', 'image/svg+xml'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', '<!doctype html>', 'text/html'],
  ])('show the words of a text for Accept: %s', async (accept, start, type) => {
    const response = await words(accept);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toContain(type);
    const text = await response.text();
    expect(text.startsWith(start)).toBe(true);
    expect(text).toContain('good');
  });

  it('refuse a PNG of a text', async () => expect((await words('image/png')).status).toBe(406));

  it('may load and run nothing', async () => {
    const policy = (await words('text/html')).headers.get('Content-Security-Policy');
    expect(policy).toContain("default-src 'none'");
  });
});

describe('the comparison of methods on a text over HTTP', () => {
  const compare = (accept: string): Promise<Response> =>
    post('/v2/models/words/compare?methods=occlusion,lime,road_runner', 'text/plain', 'good bad', { Accept: accept });

  it('has the words of each method, and the error of one that does not exist', async () => {
    const response = await compare('application/json');
    const outputs = await outputsOf(response.clone());
    for (const method of ['occlusion', 'lime']) {
      expect(Object.keys(named(outputs[`${method}.features`]))).toEqual(['good', 'bad']);
    }
    const { parameters } = (await response.json()) as { parameters: Record<string, unknown> };
    expect(parameters['road_runner.error']).toContain('method_not_found');
  });

  it.each([
    ['image/svg+xml', '<svg'],
    ['image/*', '<svg'],
    ['text/html', '<!doctype html>'],
  ])('is one drawing of all methods for Accept: %s', async (accept, start) => {
    const response = await compare(accept);
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text.startsWith(start)).toBe(true);
    for (const part of ['occlusion', 'lime', 'road_runner', 'good']) expect(text).toContain(part);
    expect(text).not.toContain('<script');
  });

  it('is no PNG', async () => expect((await compare('image/png')).status).toBe(406));
});

describe('the explanation of a table over HTTP', () => {
  const path = 'columns/explain?method=integrated_gradients';

  it('names the columns of every row', async () => {
    const response = await explain(path, 'text/csv', 'width,length\n1,2\n3,4\n');
    expect(response.status).toBe(200);
    const { features, predictions } = await outputsOf(response);
    expect(features?.shape).toEqual([2]);
    expect(Object.keys(named(features))[0]).toContain('width');
    expect(Object.values(named(features, 1)).length).toBe(2);
    expect(listOf(predictions, 1)[0]?.score).toBeCloseTo(2.5, 5);
  });

  it('has metrics for every row', async () => {
    const response = await explain(`${path}&metrics=deletion`, 'text/csv', 'width,length\n1,2\n3,4\n');
    expect((await outputsOf(response))['metric.deletion']?.data).toEqual([expect.any(Number), expect.any(Number)]);
  });

  it('is the same for JSON with named features, in any order', async () => {
    const [csv, json] = await Promise.all([
      explain(path, 'text/csv', 'width,length\n1,2\n'),
      explain(path, 'application/json', '{"length": 2, "width": 1}'),
    ]);
    expect(named((await outputsOf(json)).features)).toEqual(named((await outputsOf(csv)).features));
  });

  it('refuses a word where a number belongs, with its row and column', async () => {
    const response = await explain(path, 'text/csv', 'width,length\n1,2\n3,wide\n');
    expect(response.status).toBe(400);
    const { detail } = (await response.json()) as { detail: string };
    expect(detail).toContain('length');
    expect(detail).toContain('wide');
  });

  it('has features and predictions in answers of the V1 protocol', async () => {
    const body = JSON.stringify({ instances: [{ width: 1, length: 2 }] });
    const response = await post('/v1/models/columns:explain?method=integrated_gradients', 'application/json', body);
    const { explanations } = (await response.json()) as { explanations: Record<string, Record<string, unknown>[]>[] };
    const [{ features = [], predictions = [], attributions = [] } = {}] = explanations;
    expect(attributions).toHaveLength(1);
    expect(features.map(({ value }) => Number(value))).toEqual([expect.closeTo(2, 4), expect.closeTo(-2, 4)]);
    expect(Number(predictions[0]?.score)).toBeCloseTo(0.5, 5);
  });

  it('predicts for instances of the V1 protocol with named columns', async () => {
    const body = JSON.stringify({ instances: [{ width: 1, length: 2 }] });
    const response = await post('/v1/models/columns:predict', 'application/json', body);
    const { predictions } = (await response.json()) as { predictions: number[][] };
    expect(predictions.flat()[0]).toBeCloseTo(0.5, 5);
  });
});

describe('the explanation of a plain tensor over HTTP', () => {
  it('names its elements, and keeps the baseline of the method', async () => {
    const response = await explain(
      'numbers/explain?method=integrated_gradients&baseline=1',
      'application/x-npy',
      writeNpy(float32([1, 2], [3, 5])),
    );
    expect(response.status, await response.clone().text()).toBe(200);
    const values = named((await outputsOf(response)).features);
    expect(Object.keys(values)).toEqual(['x[0]', 'x[1]']);
    expect(Object.values(values)).toEqual([expect.closeTo(4, 4), expect.closeTo(-4, 4)]);
  });
});

describe('the explanation of a detection over HTTP', () => {
  const image: number[] = Array.from({ length: 192 }, (_, i) =>
    Math.floor(i / 8) % 8 >= 4 ? 0.1 : i % 8 < 4 ? 0.9 : 0.6,
  );
  const request = (parameters: object, data = image): string =>
    JSON.stringify({ parameters, inputs: [{ name: 'image', datatype: 'FP32', shape: [1, 3, 8, 8], data }] });
  const detect = (parameters: object, data?: number[]): Promise<Response> =>
    explain(
      'quarters/explain',
      'application/json',
      request({ method: 'saliency', absolute: false, ...parameters }, data),
    );

  it('lists the boxes, best first, and explains the first', async () => {
    const { predictions, scores, attribution } = await outputsOf(await detect({}));
    expect(listOf(predictions).map(({ box }) => box)).toEqual([
      [0, 0, 4, 4],
      [4, 0, 8, 4],
    ]);
    expect(Number(scores?.data[0])).toBeCloseTo(0.9, 5);
    expect(Number(attribution?.data[0])).toBeCloseTo(1 / 48, 6);
  });

  it.each([
    ['its number', 'box:1'],
    ['a point', 'point:6,2'],
    ['a box', 'box:4,0,8,4'],
  ])('explains another box, chosen by %s', async (_, target) => {
    const { scores, attribution, prediction } = await outputsOf(await detect({ target }));
    expect(Number(scores?.data[0])).toBeCloseTo(0.6, 5);
    expect(Number(prediction?.data[0])).toBe(1);
    expect(Number(attribution?.data[4])).toBeCloseTo(1 / 48, 6);
  });

  it('measures the score of the box wherever it stands in the list, not that of the first row', async () => {
    const parameters = { metrics: 'deletion', 'deletion.steps': 4, 'deletion.baseline': 0, 'deletion.answer': 'score' };
    const outputs = await outputsOf(await detect({ ...parameters, target: 'box:0' }));
    // The first of four steps removes its quarter: (0.9 / 2 + 0 + 0 + 0) / 4. The first row would still have 0.6.
    expect(Number(outputs['metric.deletion']?.data[0])).toBeCloseTo(0.9 / 8, 4);
  });

  it('leaves out boxes below the threshold', async () => {
    const { predictions } = await outputsOf(await detect({ threshold: 0.7 }));
    expect(listOf(predictions)).toHaveLength(1);
  });

  it('answers that nothing was found, without a map, a class or a number that is none', async () => {
    const response = await detect({}, new Array(192).fill(0.1));
    expect(response.status).toBe(200);
    const text = await response.text();
    const { outputs } = JSON.parse(text) as { outputs: Output[] };
    const names = outputs.map(({ name }) => name);
    expect(names).toEqual(['predictions', 'diagnostics']);
    expect(text).toContain('Nothing was found: the highest score is 0.1, the threshold 0.25');
    expect(text).not.toContain('NaN');
  });

  it('draws boxes over the map as SVG', async () => {
    const body = request({ method: 'saliency' });
    const response = await post('/v2/models/quarters/explain', 'application/json', body, { Accept: 'image/svg+xml' });
    const text = await response.text();
    expect(text).toContain('data:image/png;base64,');
    expect(text.match(/<polygon[^>]*fill="none"/g)).toHaveLength(2);
  });

  it.each(['classification', 'pose'])('refuses the task %s, which the outputs do not fit', async (task) => {
    const response = await detect({ task });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining('leave the task out') });
  });

  it('streams partial maps of d_rise, and ends with a map that is highest in the box', async () => {
    const body = request({ method: 'd_rise', n_masks: 200, cells: 2, target: 'box:1', top: 1 });
    const path = '/v2/models/quarters/explain';
    const stream = await post(path, 'application/json', body, { Accept: 'text/event-stream' });
    const events = (await stream.text()).split('\n\n').filter((event) => event.startsWith('event: '));
    expect(events.filter((event) => event.startsWith('event: partial')).length).toBeGreaterThan(0);
    expect(events.at(-1)).toMatch(/^event: result/);
    const { saliency_map } = await outputsOf(await post(path, 'application/json', body));
    const values = (saliency_map?.data ?? []).map(Number);
    // The second box is the upper right quarter of 8x8 pixels.
    const isInside = (i: number): boolean => i % 8 >= 4 && i < 32;
    const mean = (inside: boolean): number => {
      const own = values.filter((_, i) => isInside(i) === inside);
      return own.reduce((sum, value) => sum + value, 0) / own.length;
    };
    expect(mean(true)).toBeGreaterThan(1.1 * mean(false));
  });

  it('answers that nothing was found to d_rise as well', async () => {
    const text = await (
      await detect({ method: 'd_rise', n_masks: 10, absolute: undefined }, new Array(192).fill(0.1))
    ).text();
    expect(text).toContain('Nothing was found');
  });

  it.each([
    ['a box', 0.9],
    ['nothing', 0.1],
  ])('answers for %s from the cache as it did before', async (_, level) => {
    const image = Array.from({ length: 192 }, (_, i) => (i % 64 === 0 ? level : level - 0.01));
    const first = await detect({ target: level > 0.5 ? 'box:1' : undefined }, image);
    const second = await detect({ target: level > 0.5 ? 'box:1' : undefined }, image);
    expect(second.headers.get('X-Whylight-Cache')).toBe('hit');
    const [before, after] = [await outputsOf(first), await outputsOf(second)];
    expect(after).toEqual(before);
    expect(listOf(after.predictions)).toHaveLength(level > 0.5 ? 4 : 0);
  });

  it('answers 404 for a box that does not exist', async () => {
    const response = await detect({ target: 'box:7' });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'label_not_found' });
  });
});
