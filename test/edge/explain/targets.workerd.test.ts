/** Several targets of one input at POST /v2/models/{model}/compare. */
import { describe, expect, it } from 'vitest';
import { imageFiles } from '../../core/image/image-files.ts';
import { appWith, imageRequest, type Output, outputsOf, pixels, tensorRequest } from '../../support/app.ts';
import { countingApp } from '../../support/counting-app.ts';

const COMPARE = '/v2/models/cifar10/compare';
const EXPLAIN = '/v2/models/cifar10/explain';
const TARGETS = ['cat', '5', 'truck - ship'];

const ask = appWith();
const query = (parameters: Readonly<Record<string, string>>): string => `?${new URLSearchParams(parameters)}`;
const request = (seed: number): RequestInit => tensorRequest({}, pixels(seed));
const numbers = (output: Output | undefined): number[] => (output?.data ?? []) as number[];

describe('targets of a comparison', () => {
  it.each([
    ['saliency', 21, {}],
    ['grad_cam', 22, {}],
    ['integrated_gradients', 23, { n_steps: '4' }],
  ])('gives each target of %s what explain gives for it alone', async (method, seed, params) => {
    const asked = query({ methods: method, targets: TARGETS.join(','), ...params });
    const response = await ask(COMPARE + asked, request(seed));
    expect(response.status).toBe(200);
    const outputs = await outputsOf(response);
    for (const [i, target] of TARGETS.entries()) {
      const fresh = { ...request(seed), headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' } };
      const alone = await outputsOf(await ask(EXPLAIN + query({ method, target, ...params }), fresh));
      const map = numbers(outputs[`${method}.${i}.attribution`]);
      expect(map.some((value) => value !== 0)).toBe(true);
      expect(map).toHaveLength(numbers(alone.attribution).length);
      const worst = Math.max(...map.map((value, at) => Math.abs(value - (numbers(alone.attribution)[at] as number))));
      expect(worst).toBeLessThan(1e-6);
      expect(outputs[`${method}.${i}.target`]?.data).toEqual(alone.target?.data);
    }
  });

  it('runs one forward pass with a cotangent for each target that is not in the cache', async () => {
    // Forward rows before the point, cotangents behind it.
    const { runs, ask: counted } = countingApp(({ input, cotangent }) =>
      Number(`${input?.dims[0]}.${cotangent?.dims[0]}`),
    );
    const compare = (targets: string) => counted(COMPARE + query({ methods: 'saliency', targets }), request(24));
    expect((await compare('cat,dog,ship')).headers.get('X-Whylight-Cache')).toBe('miss');
    expect(runs.splice(0)).toEqual([1.3]);
    // An answer is that of the question about one target, and found again in either form.
    const one = await counted(EXPLAIN + query({ method: 'saliency', target: 'dog' }), request(24));
    expect(one.headers.get('X-Whylight-Cache')).toBe('hit');
    await compare('truck,dog,frog,cat');
    expect(runs.splice(0)).toEqual([1.2]);
    expect((await compare('cat,truck')).headers.get('X-Whylight-Cache')).toBe('hit');
    expect(runs).toEqual([]);
  });

  it('explains every target by every method, and names the outputs after both', async () => {
    const parameters = { methods: 'saliency,grad_cam', targets: '["cat", 9]' };
    const response = await ask(COMPARE + query(parameters), request(25));
    const answer = (await response.clone().json()) as { parameters: Record<string, unknown> };
    expect(answer.parameters).toMatchObject({ methods: 'saliency,grad_cam', targets: '["cat",9]' });
    const outputs = await outputsOf(response);
    const chosen = ['saliency.0', 'saliency.1', 'grad_cam.0', 'grad_cam.1'].map((name) => outputs[`${name}.target`]);
    expect(chosen.map((target) => target?.data)).toEqual([[3], [9], [3], [9]]);
  });

  it('reports a target that does not exist beside the answers to the others', async () => {
    const response = await ask(COMPARE + query({ methods: 'saliency', targets: 'cat,horsee,dog' }), request(26));
    const { parameters } = (await response.clone().json()) as { parameters: Record<string, string> };
    expect(parameters['saliency.1.error']).toMatch(/^label_not_found: .*horse/);
    const outputs = await outputsOf(response);
    expect(Object.keys(outputs)).toEqual(expect.arrayContaining(['saliency.0.scores', 'saliency.2.scores']));
  });

  it('draws a map for each target on one PNG sheet', async () => {
    const sheet = async (targets: string): Promise<DataView> => {
      const init = imageRequest(imageFiles.palettePng, 'image/png');
      const response = await ask(COMPARE + query({ methods: 'grad_cam', targets }), init);
      expect(response.headers.get('Content-Type')).toBe('image/png');
      return new DataView(await response.arrayBuffer());
    };
    const [one, two] = [await sheet('cat'), await sheet('cat,dog')];
    expect(two.getUint32(16) * two.getUint32(20)).toBeGreaterThan(one.getUint32(16) * one.getUint32(20));
  });

  it.each([
    ['an empty list', { targets: '' }, 'takes indices or labels'],
    ['a list with a hole', { targets: 'cat,,dog' }, 'takes indices or labels'],
    ['a list of fractions', { targets: '[0.5]' }, 'takes indices or labels'],
    ['a target beside them', { targets: 'cat,dog', target: 'cat' }, 'cannot stand beside "target"'],
    ['more than 12 targets', { targets: Array(13).fill('cat').join() }, '13 explanations were asked for'],
    ['too many targets and methods', { methods: 'saliency,grad_cam,rise', targets: 'cat,dog,ship,frog,deer' }, '15'],
  ])('are refused for %s', async (_, parameters, reason) => {
    const response = await ask(COMPARE + query({ methods: 'saliency', ...parameters }), request(27));
    expect(await response.json()).toMatchObject({
      status: 400,
      code: 'invalid_request',
      detail: expect.stringContaining(reason),
    });
  });

  it('fail with the error of the first one where none can be explained', async () => {
    const response = await ask(COMPARE + query({ methods: 'saliency', targets: 'nobody,nothing' }), request(28));
    expect(await response.json()).toMatchObject({ status: 404, code: 'label_not_found' });
  });
});
