/** An administrator who uses the generated client, on a server with an admin API. */
import createClient from 'openapi-fetch';
import type { paths } from './api.ts';
import { check } from './check.ts';

const [baseUrl = '', key] = process.argv.slice(2);
const api = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${key}` } });

await check('admin', async () => {
  const { data, error } = await api.PUT('/admin/tenants/{tenant}', {
    params: { path: { tenant: 'typescript' }, header: { 'If-None-Match': '*' } },
    body: { description: 'Made by a generated client.' },
  });
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data.id;
});
