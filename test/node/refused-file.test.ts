/** Refusal of a file in the middle, over a real connection. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sign } from '../../src/edge/origin/signature.ts';
import { type Serving, serve } from '../../src/node/serve.ts';
import { ORIGIN } from '../support/origin-settings.ts';

const secret = 'a secret that has more than 32 characters';
const folder = mkdtempSync(join(tmpdir(), 'whylight-refused-'));
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

let origin: Serving;
beforeAll(async () => {
  const uploads = { folder, bytes: 2 ** 20 };
  origin = await serve({ ...ORIGIN, models: {}, secret, host: '127.0.0.1', port: 0, uploads });
});
afterAll(async () => {
  agent.destroy();
  await origin.stop();
  rmSync(folder, { recursive: true });
});

/** Sends a file as an edge does, over the one connection of the agent. */
async function send(bytes: Uint8Array) {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const path = `/origin/files/${sha256}`;
  const headers = await sign(secret, { method: 'PUT', path, body: sha256 });
  return new Promise<{ status: number | undefined; body: string; reused: boolean }>((resolve, reject) => {
    const sent = request(`${origin.url}${path}`, { method: 'PUT', agent, headers: { ...headers } }, (response) => {
      const { statusCode: status } = response;
      text(response).then((body) => resolve({ status, body, reused: sent.reusedSocket }), reject);
    });
    sent.on('error', reject).end(bytes);
  });
}

describe('a file that an origin refuses while it arrives', () => {
  it('is refused with the reason, and leaves the connection open', async () => {
    const refused = await send(new Uint8Array(2 ** 25));
    expect([refused.status, JSON.parse(refused.body)]).toEqual([
      413,
      expect.objectContaining({ code: 'payload_too_large' }),
    ]);
    expect(readdirSync(folder)).toEqual([]);
    expect(await send(new Uint8Array(100))).toMatchObject({ status: 204, reused: true });
  });
});
