import { describe, expect, it } from 'vitest';
import { appWith, outputsOf, tensorRequest } from '../../support/app.ts';

const ask = appWith();
const EXPLAIN = '/v2/models/cifar10/explain';
const names = 'a,b,c,d,e,f,g,h,i,j';

async function ofParameters(parameters: object) {
  const response = await ask(EXPLAIN, tensorRequest({ method: 'saliency', target: 3, ...parameters }));
  const body = (await response.clone().json()) as { parameters: Record<string, unknown>; detail?: string };
  return { response, body, cache: response.headers.get('X-Whylight-Cache') };
}

describe('corrections of the description in a request', () => {
  it('take the place of the facts of the manifest, and are named in the answer', async () => {
    const { response, body } = await ofParameters({ labels: names, task: 'multi_label', class_axis: 1 });
    expect(response.status).toBe(200);
    expect(body.parameters).toMatchObject({
      task: 'multi_label',
      task_source: 'request',
      class_axis: 1,
      class_axis_source: 'request',
      labels: names,
      labels_source: 'request',
    });
    expect((await outputsOf(response)).target_label?.data).toEqual(['d']);
  });

  it('have answers of their own in the cache', async () => {
    expect((await ofParameters({ seed: 5 })).cache).toBe('miss');
    expect((await ofParameters({ seed: 5, labels: names })).cache).toBe('miss');
    expect((await ofParameters({ seed: 5, labels: names })).cache).toBe('hit');
  });

  it('read labels from a JSON list, which may hold commas', async () => {
    const labels = JSON.stringify(['a', 'b', 'c', 'cat, tabby', 'e', 'f', 'g', 'h', 'i', 'j']);
    const { response } = await ofParameters({ labels });
    expect((await outputsOf(response)).target_label?.data).toEqual(['cat, tabby']);
  });

  it.each([
    [{ output: 'nothing' }, 'There is no output "nothing"'],
    [{ hold: 'nothing' }, 'There is no input "nothing"'],
    [{ hold: 'input' }, 'nothing is left to explain'],
    [{ task: 'guess' }, 'There is no task "guess"'],
    [{ labels: 'a,b' }, 'There are 2 labels'],
    [{ class_axis: 'last' }, 'Parameter "class_axis" is "last"'],
  ])('refuse %j with 400', async (parameters, detail) => {
    const { response, body } = await ofParameters(parameters);
    expect([response.status, body.detail]).toEqual([400, expect.stringContaining(detail)]);
  });
});
