import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { DeploymentClient } from '../../src/cli/deployment/client.ts';

/** A server that cuts its first answer off in the middle of the body. */
async function cuttingServer() {
  let requests = 0;
  const server = createServer((_, response) => {
    const body = JSON.stringify({ name: 'x'.repeat(1000) });
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
    if (++requests > 1) return response.end(body);
    response.write(body.slice(0, 500), () => response.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { client: new DeploymentClient(url), requests: () => requests, stop: () => server.close() };
}

it('asks again when an answer is cut off', async () => {
  const { client, requests, stop } = await cuttingServer();
  expect(await client.json('/v2')).toEqual({ name: 'x'.repeat(1000) });
  expect(requests()).toBe(2);
  stop();
});

it('says that the server cannot be reached when an answer that must not be repeated is cut off', async () => {
  const { client, requests, stop } = await cuttingServer();
  await expect(client.json('/v2', { method: 'POST' })).rejects.toMatchObject({ code: 'origin_unavailable' });
  expect(requests()).toBe(1);
  stop();
});
