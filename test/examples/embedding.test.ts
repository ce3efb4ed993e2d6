/** The examples of docs/embedding.md for Hono, Next.js and an application with customers; `npm run e2e` runs the others. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { edge } from '../../examples/embedding/customers.ts';
import hono from '../../examples/embedding/hono.ts';
import { GET, POST } from '../../examples/embedding/next.ts';

const image = readFileSync('examples/photos/cat.jpg');
const png = (path: string, headers: Record<string, string> = {}) =>
  new Request(`http://app.test${path}/v2/models/cifar10/explain?method=grad_cam`, {
    method: 'POST',
    headers: { 'Content-Type': 'image/jpeg', Accept: 'image/png', ...headers },
    body: image,
  });
const page = readFileSync('docs/embedding.md', 'utf8');

describe('docs/embedding.md', () => {
  it.each(readdirSync('examples/embedding'))('quotes examples/embedding/%s word for word', (name) => {
    expect(page).toContain(readFileSync(`examples/embedding/${name}`, 'utf8'));
  });

  it('quotes the source of the Worker word for word', () => {
    expect(page).toContain(readFileSync('examples/embedding-worker/src/index.ts', 'utf8'));
  });
});

describe('the example for Hono', () => {
  it('answers its own page, and a map below /explain', async () => {
    expect(await (await hono.request('/')).text()).toContain('/explain/v2/models');
    expect((await hono.request(png('/explain'))).headers.get('Content-Type')).toBe('image/png');
  });
});

describe('the example for Next.js', () => {
  it('answers a map to POST, and the methods to GET', async () => {
    expect((await POST(png('/explain'))).headers.get('Content-Type')).toBe('image/png');
    const methods = (await (await GET(new Request('http://app.test/explain/v2/methods'))).json()) as object;
    expect(methods).toMatchObject({ methods: [{ id: 'grad_cam' }] });
  });
});

describe('the example with customers', () => {
  it('serves customers who are signed in, and nobody else', async () => {
    const signedIn = await edge.fetch(png('/api/explain', { Authorization: 'Session s-1' }));
    expect(signedIn.headers.get('Content-Type')).toBe('image/png');
    expect((await edge.fetch(png('/api/explain'))).status).toBe(401);
  });
});
