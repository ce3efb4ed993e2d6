import { describe, expect, it } from 'vitest';
import { MemoryPool } from '../../src/core/memory-pool.ts';
import { createApp } from '../../src/edge/app.ts';
import { onnxruntimeNode } from '../../src/node/onnxruntime-node.ts';
import { originServices } from '../../src/node/origin-services.ts';
import { nativeSessionMemory, processPool } from '../../src/node/process-memory.ts';

const MIB = 2 ** 20;
const engine = onnxruntimeNode({ threads: 1 });
const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };
const pixels = Array.from({ length: 3072 }, (_, i) => Math.sin(i * 0.03));
const body = JSON.stringify({
  inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 3, 32, 32], data: pixels }],
});

/** A server with its own pool. `during` has the parts of the pool at each load of a session. */
async function server(pool: MemoryPool) {
  const during: Readonly<Record<string, number>>[] = [];
  const observed = {
    ...engine,
    load: async (...model: Parameters<typeof engine.load>) => {
      during.push(pool.parts);
      return engine.load(...model);
    },
  };
  const models = { a: 'models/cifar10', b: 'models/cifar10' };
  const options = { models, provider: 'cpu', runs: 1, waiting: 1, delay: 0, log: () => undefined };
  const { services } = await originServices(options, { engine: observed, memory: pool });
  const app = createApp(services);
  const send = (path: string, init?: RequestInit) => app.fetch(new Request(`http://a.test${path}`, init), {}, context);
  const headers = { 'Content-Type': 'application/json', 'Content-Length': String(body.length) };
  const explain = (method: string, model = 'a') =>
    send(`/v2/models/${model}/explain?method=${method}`, { method: 'POST', headers, body });
  const metrics = async () => (await send('/metrics')).text();
  return { during, explain, metrics };
}

describe('memory of a server', () => {
  it('counts models, sessions and bodies, and shows them in /metrics', async () => {
    const pool = new MemoryPool(64 * MIB);
    const { during, explain, metrics } = await server(pool);
    expect((await explain('saliency')).status).toBe(200);
    expect(during[0]).toMatchObject({ bodies: body.length });
    const { models, sessions, bodies } = pool.parts;
    expect(models).toBeGreaterThan(MIB);
    expect(sessions).toBeGreaterThan(MIB);
    expect(bodies).toBe(0);
    const text = await metrics();
    expect(text).toContain(`whylight_memory_bytes{part="models"} ${models}`);
    expect(text).toContain(`whylight_memory_bytes{part="sessions"} ${sessions}`);
    expect(text).toContain(`whylight_memory_capacity_bytes ${64 * MIB}`);
    expect(text).toMatch(/whylight_memory_resident_bytes \d{7,}/);
  });

  it('releases the sessions that were used longest ago where others need their memory', async () => {
    const pool = new MemoryPool(24 * MIB);
    const { during, explain } = await server(pool);
    for (const method of ['saliency', 'guided_backprop', 'deconvolution', 'lrp', 'saliency']) {
      expect((await explain(method)).status).toBe(200);
      expect(pool.bytes).toBeLessThanOrEqual(24 * MIB);
    }
    // The first method's sessions were gone when it was asked for again.
    expect(during.length).toBeGreaterThan(4);
  });

  it('refuses a body with 503 and Retry-After while others take the memory, and takes it afterwards', async () => {
    const pool = new MemoryPool(64 * MIB);
    const { explain } = await server(pool);
    const release = await pool.reserve('bodies', 64 * MIB - 100);
    const refused = await explain('saliency');
    expect(refused.status).toBe(503);
    expect(refused.headers.get('Retry-After')).toBe('1');
    expect(await refused.json()).toMatchObject({ code: 'overloaded' });
    release();
    expect((await explain('saliency')).status).toBe(200);
  });

  it('refuses a model that is larger than the whole pool with the flag that allows more', async () => {
    const { explain } = await server(new MemoryPool(MIB));
    const refused = await explain('saliency');
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({
      code: 'budget_exceeded',
      detail: expect.stringContaining('--memory-mib'),
    });
  });
});

describe('processPool', () => {
  it('leaves to the pool what the process does not take by itself', () => {
    const resident = process.memoryUsage.rss();
    const pool = processPool(resident + 400 * MIB, engine);
    expect(pool.capacity / MIB).toBeGreaterThan(250);
    expect(pool.capacity / MIB).toBeLessThan(301);
  });

  it('refuses a bound that leaves too little, and says what would do', () => {
    expect(() => processPool(64 * MIB, engine)).toThrow(
      /--memory-mib 64 is too little: this process takes \d+ MiB before the first model\. Allow at least \d+ MiB/,
    );
  });
});

it('nativeSessionMemory counts weights twice, and every node', () => {
  const graph = new Uint8Array(100);
  const external = [{ path: 'w', data: new Uint8Array(1000) }];
  expect(nativeSessionMemory({ graph, external, nodes: 2 })).toBe(300 + 2000 + 2 * 20 * 1024);
});
