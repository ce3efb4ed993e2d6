import { exports } from 'cloudflare:workers';
import * as ort from 'onnxruntime-web/wasm';
import { describe, expect, test } from 'vitest';
import { float32, tensor } from '../../../src/core/tensor/tensor.ts';
import { onnxruntimeWorkerd } from '../../../src/edge/workerd/onnxruntime-workerd.ts';
import { bootOrt } from '../../../src/edge/workerd/ort-wasm/boot.ts';
import { module, sharedMemory } from '../../../src/edge/workerd/ort-wasm/stock.ts';
import { answersBothWays, identityModel } from '../../support/tiny-models.ts';
import type { SessionProbe } from '../../support/worker.ts';

const { instantiate, Memory } = WebAssembly;
const waitAsync = Object.getOwnPropertyDescriptor(Atomics, 'waitAsync');
const engine = onnxruntimeWorkerd();

describe('onnxruntime-web in workerd', () => {
  test('boots, loads and runs within one turn of the event loop', async () => {
    let turns = 0;
    const timer = setTimeout(() => turns++, 0);
    const session = await engine.load(identityModel());
    const { y } = await session.run({ x: float32([2, 2], [1, 2, 3, 4]) });
    await session.release();
    expect(turns).toBe(0);
    clearTimeout(timer);
    expect(y).toEqual(float32([2, 2], [1, 2, 3, 4]));
  });

  test('leaves the globals unchanged', async () => {
    await (await engine.load(identityModel())).release();
    expect(WebAssembly.instantiate).toBe(instantiate);
    expect(WebAssembly.Memory).toBe(Memory);
    expect(Object.getOwnPropertyDescriptor(Atomics, 'waitAsync')).toEqual(waitAsync);
  });

  test('supports float16, integer and boolean tensors', async () => {
    for (const x of [
      tensor('float16', [1, 2], Uint16Array.of(0x3c00, 0xc100)),
      tensor('int64', [1, 2], BigInt64Array.of(-(2n ** 63n), 1n)),
      tensor('bool', [1, 2], Uint8Array.of(1, 0)),
    ]) {
      const session = await engine.load(identityModel(x.dtype));
      expect((await session.run({ x })).y).toEqual(x);
      await session.release();
    }
  });

  test('gives the same results for concurrent and sequential runs', async () => {
    const { inTurn, atOnce } = await answersBothWays(engine);
    expect(atOnce).toEqual(inTurn);
    expect(new Set(inTurn.map(({ y }) => y?.data[0])).size).toBe(6);
  });

  test('refuses an invalid model and runs the next one', async () => {
    await expect(engine.load({ graph: new Uint8Array(0) })).rejects.toMatchObject({ code: 'invalid_model' });
    await expect(engine.load({ graph: new Uint8Array(1000).fill(7) })).rejects.toMatchObject({ code: 'invalid_model' });
    const session = await engine.load(identityModel());
    expect((await session.run({ x: float32([1, 2], [5, 6]) })).y?.data).toEqual(Float32Array.of(5, 6));
    await session.release();
  });

  test('fails with engine_failure when onnxruntime-web creates no WebAssembly instance', async () => {
    // It is up already, so it asks for no instance now: what an upgrade that starts in another way would look like.
    await (await engine.load(identityModel())).release();
    await expect(bootOrt(ort, { module, sharedMemory })).rejects.toMatchObject({
      code: 'engine_failure',
      message: expect.stringContaining('it made 0 instances of its WebAssembly module where one was expected'),
    });
    expect(WebAssembly.instantiate).toBe(instantiate);
    const session = await engine.load(identityModel());
    expect((await session.run({ x: float32([1, 2], [5, 6]) })).y?.data).toEqual(Float32Array.of(5, 6));
  });
});

describe('sessions shared between requests', () => {
  const request = () => (exports as unknown as { SessionProbe: Service<SessionProbe> }).SessionProbe;

  test('are loaded once for concurrent requests, each with its own results', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map((seed) => request().answer('crowd', seed)));
    expect(await request().loads('crowd')).toBe(1);
    for (const [i, answer] of answers.entries()) expect(await request().answer('crowd', i + 1)).toEqual(answer);
    expect(new Set(answers.map(([first]) => first)).size).toBe(4);
  });

  test('continue to load for other requests when one request ends', async () => {
    await request().leaveEarly('early');
    const answers = await Promise.all([1, 2, 3].map((seed) => request().answer('early', seed)));
    expect(answers.map(({ length }) => length)).toEqual([128, 128, 128]);
    expect(await request().answer('early', 1)).toEqual(answers[0]);
    expect(await request().loads('early')).toBe(1);
  });
});
