/** Tests of the parts of a report. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeImage } from '../../src/core/image/image.ts';
import { regionOfBoxes } from '../../src/core/metrics/region.ts';
import { allModalities } from '../../src/library/modalities.ts';
import type { OpenedModel } from '../../src/library/opened-model.ts';
import { nodeCodecs } from '../../src/node/codecs.ts';
import { listInputs, type Truth } from '../../src/report/inputs.ts';
import { openJournal } from '../../src/report/journal.ts';
import { packMap, unpackMap } from '../../src/report/packed-map.ts';
import { type InputRecord, massOf, thumbnail } from '../../src/report/record.ts';
import { openRegions } from '../../src/report/regions.ts';
import { SummaryBuilder } from '../../src/report/summary.ts';
import { imageGraph, openGraph } from '../../src/testing/models.ts';

const folder = mkdtempSync(join(tmpdir(), 'whylight-parts-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('massOf', () => {
  const map = (...places: number[]) => Float32Array.from({ length: 64 }, (_, i) => (places.includes(i) ? 1 : -1));
  it('computes the shares of the centre, the border and the outside of the object', () => {
    expect(massOf(map(27, 28), [8, 8])).toEqual({ centre: 1, border: 0 });
    expect(massOf(map(0, 7, 63, 27), [8, 8])).toEqual({ centre: 0.25, border: 0.75 });
    const region = regionOfBoxes([[0, 0, 1, 1]], [8, 8]);
    expect(massOf(map(0, 27), [8, 8], region)).toEqual({ centre: 0.5, border: 0.5, outside: 0.5 });
    expect(massOf(map(), [8, 8])).toEqual({ centre: 0, border: 0 });
  });
});

describe('packMap', () => {
  it('quantizes small maps to a byte and averages large ones', () => {
    expect([...unpackMap(packMap(Float32Array.of(1, -2, 0, 0.5), [2, 2]))]).toEqual([64, -127, 0, 32]);
    const large = packMap(
      Float32Array.from({ length: 64 * 128 }, (_, i) => (i % 128 < 64 ? 3 : 0)),
      [64, 128],
    );
    expect(large).toMatchObject({ width: 32, height: 16 });
    const values = unpackMap(large);
    expect([values[0], values[15], values[16], values[31]]).toEqual([127, 127, 0, 0]);
  });
});

describe('thumbnail', () => {
  it('shows the crop that the model sees, black outside the image', () => {
    const image = makeImage(
      4,
      2,
      Uint8Array.from({ length: 32 }, (_, i) => (i % 4 === 3 ? 255 : Math.floor(i / 4) * 10)),
    );
    const { width, height, data } = thumbnail(image, { x: 1, y: 0, width: 2, height: 3 });
    expect([width, height]).toEqual([2, 3]);
    expect([0, 4, 8, 12, 16].map((at) => data[at])).toEqual([10, 20, 50, 60, 0]);
    expect(thumbnail(image, { x: 0, y: 0, width: 400, height: 200 }).width).toBe(96);
  });
});

describe('listInputs and openRegions', () => {
  const root = join(folder, 'images');
  for (const name of ['cat', 'dog', 'dog/puppies']) mkdirSync(join(root, name), { recursive: true });
  for (const name of ['cat/1.png', 'dog/2.JPG', 'dog/puppies/3.webp', 'cat/notes.txt']) {
    writeFileSync(join(root, name), '');
  }
  const listImages = async (path: string, labels: string[], truth: Truth) => {
    const model = await openGraph(imageGraph(), { name: 'm', labels });
    const readers = { modalities: allModalities(), codecs: nodeCodecs() };
    return listInputs(path, { model } as OpenedModel, { truth, readers });
  };

  it('list the images of all folders, and take folders as classes if every one names a label', async () => {
    const known = await listImages(root, ['Cat', 'dog', 'puppies', 'x'], 'auto');
    expect(known.map(({ name, truth }) => [name, truth?.label])).toEqual([
      ['cat/1.png', 'Cat'],
      ['dog/2.JPG', 'dog'],
      ['dog/puppies/3.webp', 'puppies'],
    ]);
    const unknown = await listImages(root, ['cat', 'dog', 'x', 'y'], 'auto');
    expect(unknown.every(({ truth }) => truth === undefined)).toBe(true);
  });

  it('refuse folders that name no label when required, and folders without images', async () => {
    await expect(listImages(root, ['cat', 'dog', 'x', 'y'], 'folders')).rejects.toMatchObject({
      code: 'label_not_found',
    });
    await expect(listImages(join(folder, 'none'), ['a', 'b', 'c', 'd'], 'none')).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('read boxes in pixels of the image and map them to the input of the model', async () => {
    const path = join(folder, 'boxes.json');
    writeFileSync(path, JSON.stringify({ 'cat/1.png': [[10, 0, 30, 10]] }));
    const regions = await openRegions(path);
    const image = makeImage(40, 20);
    const placement = { x: 10, y: 0, width: 20, height: 20 };
    const region = await regions({ name: 'cat/1.png' }, image, placement, [4, 4]);
    expect([...(region?.inside ?? [])]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(await regions({ name: 'dog/2.JPG' }, image, placement, [4, 4])).toBeUndefined();
    writeFileSync(path, JSON.stringify({ 'cat/1.png': [[10, 0, 30]] }));
    await expect(openRegions(path)).rejects.toMatchObject({ code: 'invalid_config' });
  });

  it('read masks of the size of the image, and refuse other sizes', async () => {
    const masks = join(folder, 'masks');
    mkdirSync(join(masks, 'dog'), { recursive: true });
    const data = new Uint8Array(4 * 4 * 4);
    data.fill(255, 0, 16);
    writeFileSync(join(masks, 'dog', '2.png'), await nodeCodecs().encodePng({ width: 4, height: 4, data }));
    const regions = await openRegions(masks);
    const whole = { x: 0, y: 0, width: 4, height: 4 };
    const region = await regions({ name: 'dog/2.JPG' }, makeImage(4, 4), whole, [2, 2]);
    expect([...(region?.inside ?? [])]).toEqual([0, 0, 0, 0]);
    const fine = await regions({ name: 'dog/2.JPG' }, makeImage(4, 4), whole, [4, 2]);
    expect([...(fine?.inside ?? [])]).toEqual([1, 1, 0, 0, 0, 0, 0, 0]);
    await expect(regions({ name: 'dog/2.JPG' }, makeImage(8, 8), whole, [2, 2])).rejects.toMatchObject({
      code: 'invalid_image',
    });
  });
});

describe('openJournal', () => {
  const path = join(folder, 'journal.jsonl');
  interface Line {
    readonly name: string;
  }
  const open = (settings = { seed: 1 }, restart = false) =>
    openJournal<Line>(path, settings, ({ name }) => name, restart);
  const all = async () => {
    const journal = await open();
    const lines: string[] = [];
    for await (const { name } of journal.records()) lines.push(name);
    await journal.close();
    return lines;
  };

  it('reads back its records, and drops a truncated last line', async () => {
    const first = await open();
    await first.add({ name: 'ä' });
    await first.add({ name: 'b' });
    await first.close();
    writeFileSync(path, '{"name":"c', { flag: 'a' });
    const second = await open();
    expect([...second.known]).toEqual(['ä', 'b']);
    await second.add({ name: 'c' });
    await second.close();
    expect(await all()).toEqual(['ä', 'b', 'c']);
  });

  it('refuses a journal of other settings unless restarted', async () => {
    await expect(open({ seed: 2 })).rejects.toMatchObject({
      code: 'invalid_request',
      details: { differing: ['seed'] },
    });
    const anew = await open({ seed: 2 }, true);
    expect([...anew.known]).toEqual([]);
    await anew.close();
  });

  it('refuses a file that is not a journal', async () => {
    writeFileSync(path, 'something else\n');
    await expect(open()).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

describe('SummaryBuilder', () => {
  const record = (truth: string, said: string, deletion: number | null): InputRecord => ({
    name: 'x',
    digest: 'y',
    truth,
    top: [{ label: said, score: 1 }],
    methods: {
      one: {
        target: said,
        score: 1,
        sparseness: 0.5,
        warnings: deletion === null ? ['flat'] : [],
        mass: { centre: 0.5, border: 0.25 },
        metrics: { deletion },
        curves: deletion === null ? {} : { deletion: { x: [0, 1], y: [deletion, 0] } },
      },
    },
  });

  it('counts images and averages the metrics that apply', () => {
    const builder = new SummaryBuilder();
    for (const one of [record('a', 'a', 1), record('a', 'b', 2), record('b', 'b', 6), record('b', 'b', null)]) {
      builder.add(one);
    }
    const summary = builder.finish();
    expect(summary).toMatchObject({ inputs: 4, noun: 'image', known: 4, correct: 3, classes: ['a', 'b'] });
    expect(summary.confusion).toEqual({ a: { a: 1, b: 1 }, b: { b: 2 } });
    const { metrics, curves, warnings, classes } = summary.methods.one ?? {};
    expect(metrics?.deletion).toEqual({ mean: 3, error: expect.closeTo(Math.sqrt(7 / 3), 9), count: 3 });
    expect(curves?.deletion).toEqual({ x: [0, 1], y: [3, 0] });
    expect(warnings).toEqual({ flat: 1 });
    expect(classes?.b).toMatchObject({ count: 3, centre: 0.5, border: 0.25 });
  });
});
