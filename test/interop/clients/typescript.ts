/** A user of the client that openapi-typescript and openapi-fetch make. Copied beside the generated `api.ts`. */
import createClient from 'openapi-fetch';
import type { paths } from './api.ts';
import { check } from './check.ts';

const api = createClient<paths>({ baseUrl: process.argv[2] as string });
const path = { model: 'italy_power' };
const inputs = [{ name: 'series', datatype: 'FP32' as const, shape: [1, 1, 24], data: Array(24).fill(0.5) }];

await check('infer', async () => {
  const { data, error } = await api.POST('/v2/models/{model}/infer', { params: { path }, body: { inputs } });
  if (data === undefined || typeof data === 'string') throw new Error(JSON.stringify(error));
  return data.outputs.map(({ name }) => name).join();
});
await check('explain', async () => {
  const { data, error } = await api.POST('/v2/models/{model}/explain', {
    params: { path, query: { method: 'saliency', seed: 1 }, header: { 'Cache-Control': 'no-store' } },
    body: { inputs },
  });
  if (data === undefined || typeof data === 'string' || !('outputs' in data)) throw new Error(JSON.stringify(error));
  return data.outputs.map(({ name }) => name).join();
});
await check('a problem is typed', async () => {
  const { error } = await api.GET('/v2/models/{model}', { params: { path: { model: 'nope' } } });
  if (error?.code !== 'model_not_found') throw new Error(JSON.stringify(error));
  return error.detail;
});
