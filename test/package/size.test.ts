/** Sizes of Workers that are whylight or embed it. */
import { describe, expect, it } from 'vitest';
import { bundleSize, WORKERS } from '../support/bundle-size.ts';

const KB = 1000;

describe('a Worker with a prepared model, one method and tensors', () => {
  it('carries at most 250 kB of JavaScript beside the engine', async () => {
    const { own, groups } = await bundleSize(WORKERS['a prepared model, one method, tensors']);
    expect(own).toBeLessThanOrEqual(250 * KB);
    // The bound would be met by an empty bundle as well.
    expect(groups.map(([group]) => group)).toContain('src/plugins/gradient');
  });

  it('carries no compiler, no reader of ONNX files and no decoder of images', async () => {
    const { groups } = await bundleSize(WORKERS['a prepared model, one method, tensors']);
    const bytesOf = (group: RegExp): number =>
      groups.reduce((sum, [name, bytes]) => sum + (group.test(name) ? bytes : 0), 0);
    expect(bytesOf(/bufbuild|onnx-buf|@cwasm|@jsquash|inversify|hono/)).toBe(0);
    expect(bytesOf(/src\/core\/(autodiff|onnx)$/)).toBeLessThan(3 * KB);
  });
});

describe('a Worker with the whole app', () => {
  it('carries at most 1,260 kB of JavaScript beside the engine with createEdge and one method', async () => {
    const { own, groups } = await bundleSize(WORKERS['createEdge, one method']);
    expect(own).toBeLessThanOrEqual(1260 * KB);
    expect(groups.map(([group]) => group)).toContain('src/edge/routes');
  });

  it('carries one language of the schema library', async () => {
    const { groups } = await bundleSize(WORKERS['createEdge, one method']);
    expect(groups.find(([group]) => group === 'zod')?.[1]).toBeLessThan(120 * KB);
  });
});
