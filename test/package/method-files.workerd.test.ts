/** Files of methods in a Worker: among the static assets. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { expect, it } from 'vitest';
import { createEdge } from '../../src/package/edge-worker.ts';
import { float32 } from '../../src/package/plugin.ts';
import { bindings, outputsOf, pixels, tensorRequest } from '../support/app.ts';
import { method } from '../support/trial-method.ts';

const sized = method({
  id: 'sized',
  returns: { text: 'the name in the file' },
  setup: async ({ file }) => ({ data: JSON.parse(new TextDecoder().decode(await file('manifest'))).name }),
  cost: () => ({ forwards: 0, backwards: 0 }),
  explain: async ({ data, inputs }) => ({
    values: { input: float32(inputs.input?.dims ?? [], Array(3072).fill(1)) },
    text: String(data),
  }),
});

async function textOf(path: string) {
  const edge = createEdge({
    methods: [{ method: sized, files: { manifest: path } }],
    models: { cifar10: 'models/cifar10' },
    log: () => {},
    cache: 'none',
  });
  const context = createExecutionContext();
  const url = 'https://own.test/v2/models/cifar10/explain?method=sized';
  const response = await edge.fetch(new Request(url, tensorRequest({}, pixels(5))), bindings, context);
  await waitOnExecutionContext(context);
  return response.ok ? (await outputsOf(response)).text?.data : response.status;
}

it('a method reads a file among the static assets, and fails alone where there is none', async () => {
  expect(await textOf('cifar10/manifest.json')).toEqual(['cifar10']);
  expect(await textOf('./cifar10/manifest.json')).toEqual(['cifar10']);
  expect(await textOf('nowhere.bin')).toBe(500);
});
