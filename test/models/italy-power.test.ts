import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import type { ModalityContext } from '../../src/core/modality/modality.ts';
import { parseManifest } from '../../src/core/model/manifest.ts';
import series from '../../src/modalities/series/modality.ts';

const folder = fileURLToPath(new URL('../../models/italy_power/', import.meta.url));

/** A winter day that was not trained on. */
const WINTER_DAY = [
  -0.996, -1.381, -1.574, -1.638, -1.596, -1.488, -1.038, 0.162, 0.654, 1.19, 1.319, 1.083, 0.719, 0.419, 0.504, 0.569,
  0.526, 0.547, 0.847, 0.997, 0.654, 0.183, -0.138, -0.524,
];

describe('the model "italy-power"', () => {
  it('classifies a winter day as winter because of its evening peak', async () => {
    const manifest = parseManifest(await readFile(`${folder}manifest.json`, 'utf8'));
    const session = await InferenceSession.create(`${folder}model.onnx`);
    const margin = async (data: Float32Array) => {
      const { logits } = await session.run({ series: new Tensor('float32', data, [1, 1, 24]) });
      const [winter = 0, summer = 0] = (logits?.data ?? []) as Float32Array;
      return winter - summer;
    };
    const input = {
      name: 'series',
      dtype: 'float32',
      shape: ['N', 1, 24],
      modality: { value: 'series', source: 'manifest' },
      layout: { value: 'NCT', source: 'graph' },
      batchAxis: { value: 0, source: 'graph' },
      role: { value: 'explained', source: 'graph' },
    } as const;
    const context = { inputs: [input], settings: manifest.modalities?.series, files: {} } as unknown as ModalityContext;
    const bytes = new TextEncoder().encode(JSON.stringify(WINTER_DAY));
    const prepared = await series.prepare(await series.decode(bytes, 'application/json', context), context);
    const absent = (await series.absent(prepared, 0, context)).series?.data as Float32Array;
    const data = prepared.inputs.series?.data as Float32Array;
    const score = await margin(data);
    expect(score).toBeGreaterThan(1);

    const features = prepared.features[0]?.list ?? [];
    const mask = prepared.features[0]?.mask.series as Int32Array;
    const drops: number[] = [];
    for (const [feature] of features.entries()) {
      drops.push(score - (await margin(data.map((value, i) => (mask[i] === feature ? (absent[i] as number) : value)))));
    }
    const strongest = features
      .map(({ name }, i) => ({ name, drop: drops[i] as number }))
      .sort((a, b) => b.drop - a.drop);
    expect(
      strongest
        .slice(0, 2)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['18 to 19 h', '19 to 20 h']);
  });
});
