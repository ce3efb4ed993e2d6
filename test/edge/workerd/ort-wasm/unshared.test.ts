import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as ort from 'onnxruntime-web/wasm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unshare } from '../../../../scripts/unshare-wasm.ts';
import { createOrtEngine } from '../../../../src/core/engine/onnxruntime.ts';
import { bootOrt } from '../../../../src/edge/workerd/ort-wasm/boot.ts';
import { onnxruntimeNode } from '../../../../src/node/onnxruntime-node.ts';
import { denseInput, denseModel } from '../../../support/tiny-models.ts';

const stock = readFileSync(createRequire(import.meta.url).resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm'));

describe('onnxruntime-web without shared memory', () => {
  const { Memory } = WebAssembly;

  // A runtime that refuses shared memory: what the fallback is for.
  beforeAll(() => {
    WebAssembly.Memory = function refusing(descriptor: WebAssembly.MemoryDescriptor) {
      if (descriptor.shared) throw new TypeError('shared memory is disabled');
      return new Memory(descriptor);
    } as unknown as typeof Memory;
  });
  afterAll(() => {
    WebAssembly.Memory = Memory;
  });

  test('changes a single bit of the binary', () => {
    const copy = unshare(stock);
    const at = copy.findIndex((byte, i) => byte !== stock[i]);
    expect([stock[at], copy[at]]).toEqual([3, 1]);
    copy[at] = 3;
    expect(stock.equals(copy)).toBe(true);
  });

  test('refuses a binary without shared memory', () => {
    expect(() => unshare(unshare(stock))).toThrow('Expected one shared memory among the imports, found 0');
  });

  test('boots and computes without SharedArrayBuffer', async () => {
    const module = await WebAssembly.compile(unshare(stock));
    const engine = createOrtEngine('onnxruntime-web', async () => {
      await bootOrt(ort, { module, sharedMemory: false });
      return ort;
    });
    const model = denseModel(64);
    const [session, reference] = [await engine.load(model), await onnxruntimeNode({ threads: 1 }).load(model)];
    const x = denseInput(64, 5);
    const [y, expected] = [(await session.run({ x })).y, (await reference.run({ x })).y];
    const error = Math.max(...Array.from(expected?.data as Float32Array, (v, i) => Math.abs(v - Number(y?.data[i]))));
    expect(error).toBeLessThan(1e-4);
    await Promise.all([session.release(), reference.release()]);
  });
});
