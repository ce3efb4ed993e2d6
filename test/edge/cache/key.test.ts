import { describe, expect, it } from 'vitest';
import { type CacheKeyParts, cacheKey } from '../../../src/edge/cache/key.ts';

const question: CacheKeyParts = {
  scope: '*',
  model: 'm',
  method: 'saliency',
  revision: 1,
  params: { absolute: true, window: [1, 2] },
  target: undefined,
  scores: undefined,
  seed: 0,
  top: 5,
  summary: false,
  input: 'image:ab',
};

describe('cacheKey', () => {
  it('is a SHA-256 that does not depend on the order of parameters', async () => {
    const key = await cacheKey(question);
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(await cacheKey({ ...question, params: { window: [1, 2], absolute: true } })).toBe(key);
  });

  it('does not depend on the spelling of a target object', async () => {
    const spelled = (target: CacheKeyParts['target']) => cacheKey({ ...question, target });
    const key = await spelled({ class: 'cat', position: 2 });
    expect(await spelled('{ "position": 2, "class": "cat" }')).toBe(key);
  });

  it('changes with each part that changes the answer', async () => {
    const others: Partial<CacheKeyParts>[] = [
      { scope: 'demo' },
      { model: 'n' },
      { method: 'grad_cam' },
      { revision: 2 },
      { build: 'saliency-method-x@1.0.0+00' },
      { build: 'saliency-method-x@1.0.0+01' },
      { params: { absolute: false, window: [1, 2] } },
      { params: { absolute: true, window: [2, 1] } },
      { target: 0 },
      { target: '0' },
      { target: '{"class": 0, "box": [0, 0, 1, 1]}' },
      { target: '{"class": 0, "box": [0, 0, 1, 2]}' },
      { scores: 'output' },
      { seed: 1 },
      { top: 6 },
      { summary: true },
      { input: 'image:ac' },
    ];
    const keys = await Promise.all([{}, ...others].map((other) => cacheKey({ ...question, ...other })));
    expect(new Set(keys).size).toBe(keys.length);
  });
});
