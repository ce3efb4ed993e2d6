/** The example of docs/library.md for Workers, in workerd. */
import { expect, it } from 'vitest';
import example from '../../examples/library/worker.ts';
import { sniff } from '../../src/core/image/sniff.ts';
import { imageFiles } from '../core/image/image-files.ts';
import { bindings } from '../support/app.ts';

it('the example for Workers draws a map over the image of the request', async () => {
  const request = new Request('https://example.com/', { method: 'POST', body: imageFiles.jpeg });
  const response = await example.fetch(request, { MODELS: bindings.MODELS as Fetcher });
  expect(response.headers.get('Content-Type')).toBe('image/png');
  expect(sniff(new Uint8Array(await response.arrayBuffer()))).toMatchObject({
    type: 'image/png',
    width: 16,
    height: 12,
  });
});
