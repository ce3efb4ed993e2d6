import { expect, it } from 'vitest';
import { imageFiles } from '../../core/image/image-files.ts';
import { appWith, imageRequest } from '../../support/app.ts';

const ask = appWith();
const EXPLAIN = '/v2/models/cifar10/explain';

it.each([
  ['method=rise&n_masks=10&n_masks=20', 'n_masks'],
  ['method=grad_cam&method=rise', 'method'],
  ['method=saliency&method=saliency', 'method'],
  ['method=rise&n_masks=0x10', 'n_masks'],
  ['method=saliency&seed=0b1', 'seed'],
])('the query %s is refused with the name of the parameter', async (query, parameter) => {
  const response = await ask(`${EXPLAIN}?${query}`, imageRequest(imageFiles.jpeg));
  expect([response.status, await response.json()]).toEqual([
    400,
    expect.objectContaining({ errors: [expect.objectContaining({ parameter })] }),
  ]);
});

it('a form that gives a parameter twice is refused', async () => {
  const form = new FormData();
  form.append('image', new Blob([imageFiles.jpeg as Uint8Array<ArrayBuffer>], { type: 'image/jpeg' }));
  for (const method of ['saliency', 'grad_cam']) form.append('method', method);
  const response = await ask(EXPLAIN, { method: 'POST', body: form });
  expect([response.status, await response.json()]).toEqual([400, expect.objectContaining({ code: 'invalid_request' })]);
});

it.each(['16', '1.6e1', '+16', '16.'])('a number is read from decimal digits: %s', async (masks) => {
  const query = `method=rise&seed=9&n_masks=${encodeURIComponent(masks)}`;
  expect((await ask(`${EXPLAIN}?${query}`, imageRequest(imageFiles.jpeg))).status).toBe(200);
});
