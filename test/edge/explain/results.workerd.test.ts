/** Results of methods beside their values over HTTP: JSON, images, documents, events, cache, and KServe's V1 protocol. */
import { describe, expect, it } from 'vitest';
import { toBase64 } from '../../../src/protocol/base64.ts';
import { imageFiles } from '../../core/image/image-files.ts';
import { appWith, imageRequest, outputsOf, services } from '../../support/app.ts';

const ask = appWith();
const CONCEPTS = '/v2/models/cifar10/explain?method=dff&n_components=3&component=0';
const REGION = '/v2/models/cifar10/explain?method=grad_cam&box_threshold=0.2';
const NAMES = ['concept 0', 'concept 1', 'concept 2'];

const sizeOf = async (path: string): Promise<number> => {
  const response = await ask(path, imageRequest(imageFiles.jpeg, 'image/png'));
  expect(response.status).toBe(200);
  const { width, height } = await services.codecs.decode(new Uint8Array(await response.arrayBuffer()));
  return width * height;
};

describe('results of a method over HTTP', () => {
  it('are outputs, the same from the cache', async () => {
    const first = await outputsOf(await ask(CONCEPTS, imageRequest(imageFiles.jpeg)));
    expect(first.map_names?.data).toEqual(NAMES);
    expect(first.maps?.shape[0]).toBe(3);
    expect(first.saliency_maps?.shape).toHaveLength(3);
    const again = await ask(CONCEPTS, imageRequest(imageFiles.jpeg));
    expect(again.headers.get('X-Whylight-Cache') ?? again.headers.get('Cache-Status')).toMatch(/hit/i);
    expect(await outputsOf(again)).toEqual(first);
  });

  it('are drawn on one sheet with show=maps', async () => {
    expect(await sizeOf(`${CONCEPTS}&show=maps`)).toBeGreaterThan(3 * (await sizeOf(CONCEPTS)));
  });

  it('are refused in a drawing where the method returned none', async () => {
    const response = await ask(`${REGION}&show=uncertainty`, imageRequest(imageFiles.jpeg, 'image/png'));
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      detail: expect.stringContaining('show=uncertainty: grad_cam returned no'),
    });
  });

  it('are boxes in pixels of the image, in JSON and as markup', async () => {
    const { boxes } = await outputsOf(await ask(REGION, imageRequest(imageFiles.jpeg)));
    const [box] = JSON.parse(String(boxes?.data[0])) as { name: string; box: number[] }[];
    expect(box).toMatchObject({ name: 'region' });
    // The image has 16 by 12 pixels, the model's input 32 by 32.
    expect(Math.max(...(box?.box ?? []))).toBeLessThanOrEqual(16);
    const svg = await (await ask(REGION, imageRequest(imageFiles.jpeg, 'image/svg+xml'))).text();
    expect(svg).toContain('0: region');
  });

  it('are standard errors, as numbers and drawn with show=uncertainty', async () => {
    const path = '/v2/models/cifar10/explain?method=rise&n_masks=50&uncertainty=true';
    const { uncertainty, attribution } = await outputsOf(await ask(path, imageRequest(imageFiles.jpeg)));
    expect(uncertainty?.shape).toEqual(attribution?.shape);
    expect(Math.min(...(uncertainty?.data ?? []).map(Number))).toBeGreaterThanOrEqual(0);
    const png = async (query: string) =>
      new Uint8Array(await (await ask(`${path}${query}`, imageRequest(imageFiles.jpeg, 'image/png'))).arrayBuffer());
    expect(await png('&show=uncertainty')).not.toEqual(await png(''));
  });

  it('come with the result of an event stream', async () => {
    const events = await (await ask(CONCEPTS, imageRequest(imageFiles.jpeg, 'text/event-stream'))).text();
    expect(events).toMatch(/event: result[\s\S]*map_names/);
  });

  it('come with explanations of the V1 protocol', async () => {
    const response = await ask('/v1/models/cifar10:explain?method=dff&n_components=2&component=1', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ instances: [{ b64: toBase64(imageFiles.jpeg) }] }),
    });
    const { explanations } = (await response.json()) as { explanations: { maps: { name: string }[] }[] };
    expect(explanations[0]?.maps.map(({ name }) => name)).toEqual(NAMES.slice(0, 2));
  });

  it('are declared in the list of methods', async () => {
    expect(await (await ask('/v2/methods/dff')).json()).toMatchObject({ returns: { maps: expect.any(String) } });
    expect(await (await ask('/v2/methods/saliency')).json()).toMatchObject({ returns: {} });
  });
});
