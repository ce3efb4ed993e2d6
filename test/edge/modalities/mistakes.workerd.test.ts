/** Data that is not as a model needs it: answers that say what is wrong and where, or what was done about it. */
import { describe, expect, it } from 'vitest';
import { appWith, outputsOf } from '../../support/app.ts';
import { DAY, explainer, featuresOf, npy, PENGUIN_HEAD, PENGUIN_ROW, tone } from '../../support/data-requests.ts';

const explain = explainer(appWith());

const text = (body: BodyInit) => explain('movie_reviews', 'method=saliency', 'text/plain', body);
const table = (body: BodyInit, type = 'text/csv') => explain('penguins', 'method=tree_shap', type, body);
const series = (body: BodyInit, type = 'text/csv') => explain('italy_power', 'method=saliency', type, body);
const sound = (body: BodyInit) => explain('speech_digits', 'method=saliency', 'audio/wav', body);

const csv = (head: string, ...rows: string[]): string => [head, ...rows, ''].join('\n');
const ROW = PENGUIN_ROW;
const encoded = (text: string, ...mark: number[]): Blob => new Blob([Uint8Array.from(mark), text]);
/** A character a byte. */
const latin = (text: string): Blob => new Blob([Uint8Array.from(text, (c) => c.charCodeAt(0))]);
const utf16 = (text: string): Blob => new Blob([Uint16Array.from(text, (c) => c.charCodeAt(0))]);

type Case = readonly [what: string, send: () => Promise<Response>, parts: readonly string[]];

const REFUSED: readonly Case[] = [
  ['an empty text', () => text(''), ['at least one word']],
  ['a text of blanks', () => text('  \n '), ['at least one word']],
  ['a table without a row', () => table(csv(PENGUIN_HEAD)), ['row']],
  [
    'a missing column, with a name near to it',
    () => table(csv(PENGUIN_HEAD.replace('body_mass_g', 'body_mas_kg'), ROW)),
    ['lacks the column "body_mass_g"', '"body_mas_kg" may be meant'],
  ],
  [
    'a word where a number belongs',
    () => table(csv(PENGUIN_HEAD, ROW, ROW.replace('4500', 'heavy'))),
    ['Row 3, column "body_mass_g"', 'heavy'],
  ],
  ['a row that is too short', () => table(csv(PENGUIN_HEAD, ROW, 'Biscoe,46')), ['Row 3', '2 fields', 'bill_depth_mm']],
  [
    'a category that the model does not know',
    () => table(csv(PENGUIN_HEAD, ROW.replace('Biscoe', 'Bisco'))),
    ['island', 'Bisco', 'Biscoe'],
  ],
  [
    'a table that is an array of another width',
    () => table(npy([1, 5], [1, 2, 3, 4, 5]), 'application/x-npy'),
    ['[1, 5]', '6'],
  ],
  ['NaN in JSON', () => table('{"body_mass_g": NaN}', 'application/json'), ['not JSON', 'Write null']],
  ['a text in an encoding that nobody stated', () => text(latin('caf\u00e9')), ['UTF-8', 'charset=windows-1252']],
  [
    'token ids in place of a text',
    () => explain('movie_reviews', 'method=saliency', 'application/json', '{"input_ids": [[102, 3086]]}'),
    ['no text', 'Token ids go as tensors'],
  ],
  ['JSON that is none', () => table('{"island": ', 'application/json'), ['JSON']],
  ['a missing value in a series', () => series(csv('demand', ...DAY.slice(1).map(String), 'NaN')), ['missing', '23']],
  ['a word in a series', () => series(csv('demand', ...DAY.slice(1).map(String), 'high')), ['high', 'demand']],
  ['a series that is too short', () => series(csv('demand', '1', '2', '3')), ['3 time steps', '24']],
  [
    'NaN in an .npy file',
    () =>
      series(
        npy(
          [1, 1, 24],
          DAY.map(() => Number.NaN),
        ),
        'application/x-npy',
      ),
    ['24 of 24 values are missing', 'demand'],
  ],
  ['an .npy file of another shape', () => series(npy([1, 1, 23], DAY.slice(1)), 'application/x-npy'), ['23', '24']],
  ['bytes that are no .npy file', () => series('no array', 'application/x-npy'), ['npy']],
  ['bytes that are no WAV file', () => sound('ID3 and music'), ['WAV']],
  ['a WAV file without samples', () => sound(tone(0)), ['sample']],
];

describe('data that a model cannot read', () => {
  it.each(REFUSED)('is refused with its reason: %s', async (_, send, parts) => {
    const response = await send();
    const body = (await response.json()) as { detail: string };
    expect([400, 422], JSON.stringify(body)).toContain(response.status);
    for (const part of parts) expect(body.detail).toContain(part);
  });
});

const TAKEN: readonly Case[] = [
  ['a text longer than the model takes', () => text('good film '.repeat(100)), ['The text has 200 tokens', '128']],
  ['an unknown column', () => table(csv(`${PENGUIN_HEAD},year`, `${ROW},2009`)), ['"year"', 'ignored']],
  ['a table in Windows-1252', () => table(latin(csv(`${PENGUIN_HEAD},\u00ee`, `${ROW},1`))), ['Windows-1252']],
];

describe('data that a model reads with something done about it', () => {
  it.each(TAKEN)('has a notice: %s', async (_, send, parts) => {
    const response = await send();
    const { parameters } = (await response.json()) as { parameters: { notices?: string } };
    expect(response.status).toBe(200);
    for (const part of parts) expect(parameters.notices).toContain(part);
  });
});

describe('data at the edge of what a model reads', () => {
  const plain = csv(PENGUIN_HEAD, ROW);
  it.each([
    ['UTF-8 with a byte order mark', 'text/csv', encoded(plain, 0xef, 0xbb, 0xbf)],
    ['UTF-16 with a byte order mark', 'text/csv', utf16(`\uFEFF${plain}`)],
    ['the charset of the media type', 'text/csv; charset="UTF-16LE"', utf16(plain)],
  ])('reads a table in %s as one in UTF-8', async (_, type, body) => {
    const answers = [await table(body, type), await table(plain)];
    const [other, bare] = await Promise.all(answers.map(outputsOf));
    expect(featuresOf(other ?? {})).toEqual(featuresOf(bare ?? {}));
  });

  it('reads a series whose media type has a parameter', async () => {
    const response = await series(csv('demand', ...DAY.map(String)), 'text/csv; charset=utf-8');
    expect(response.status).toBe(200);
  });

  it('fills up a clip shorter than a frame with silence, and lists the time of the clip alone', async () => {
    const response = await sound(tone(100));
    expect(response.status).toBe(200);
    const features = featuresOf(await outputsOf(response));
    expect(features.length).toBeGreaterThan(0);
    expect(features.every(({ end = 1, value }) => end < 0.05 && Number.isFinite(value))).toBe(true);
  });

  it('explains a text of one token', async () => {
    const features = featuresOf(await outputsOf(await text('excellent')));
    expect(features.map(({ name }) => name)).toEqual(['excellent']);
  });

  it('takes NaN in a column where the model treats gaps', async () => {
    const response = await table(csv(PENGUIN_HEAD, ROW.replace('4500', 'NaN')));
    expect(response.status).toBe(200);
    expect(featuresOf(await outputsOf(response)).every(({ value }) => Number.isFinite(value))).toBe(true);
  });
});
