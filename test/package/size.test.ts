/** Sizes of Workers that are whylight or embed it. */
import { describe, expect, it } from 'vitest';
import { bundleSize, deploymentSize, WORKERS, workerSize } from '../support/bundle-size.ts';

const KB = 1000;

describe('a Worker', () => {
  it.each([
    ['a prepared model, one method, tensors', 250, 'src/plugins/gradient'],
    ['createEdge, one method', 1335, 'src/edge/routes'],
  ] as const)('with %s carries at most %i kB of JavaScript beside the engine', async (worker, limit, part) => {
    const { own, groups } = await bundleSize(WORKERS[worker]);
    expect(own).toBeLessThanOrEqual(limit * KB);
    // The bound would be met by an empty bundle as well.
    expect(groups.map(([group]) => group)).toContain(part);
  });
});

describe('the Worker', () => {
  it('loads modalities, most methods and routes, the compiler and what reads ONNX files when they are needed, not at its start', async () => {
    const { start, all } = await workerSize();
    expect(start.bytes).toBeLessThanOrEqual(727 * KB);
    const isLater = ([group]: readonly [string, number]): boolean =>
      /^src\/modalities|^src\/plugins\/(perturbation|wrappers)|^src\/edge\/admin\/routes|^src\/core\/(metrics|trees)|bufbuild|jose|papaparse/.test(
        group,
      );
    expect(start.groups.filter(isLater)).toEqual([]);
    expect(all.groups.filter(isLater).length).toBeGreaterThan(5);
  });
});

describe('the Worker of a deployment', () => {
  it('loads methods and routes when they are needed, not at its start', async () => {
    const { start, all } = await deploymentSize();
    expect(start.bytes).toBeLessThanOrEqual(727 * KB);
    const isLater = ([group]: readonly [string, number]): boolean =>
      /^src\/plugins|^src\/edge\/admin\/routes|^src\/core\/(metrics|trees)|bufbuild|jose/.test(group);
    expect(start.groups.filter(isLater)).toEqual([]);
    expect(all.groups.filter(isLater).length).toBeGreaterThan(5);
  });
});

describe('a Worker with a prepared model, one method and tensors', () => {
  it('carries no compiler, no reader of ONNX files and no decoder of images', async () => {
    const { groups } = await bundleSize(WORKERS['a prepared model, one method, tensors']);
    const bytesOf = (group: RegExp): number =>
      groups.reduce((sum, [name, bytes]) => sum + (group.test(name) ? bytes : 0), 0);
    expect(bytesOf(/bufbuild|onnx-buf|@cwasm|@jsquash|inversify|hono/)).toBe(0);
    expect(bytesOf(/src\/core\/(autodiff|onnx)$/)).toBeLessThan(3 * KB);
  });
});

describe('a Worker with the whole app', () => {
  it('carries one language of the schema library', async () => {
    const { groups } = await bundleSize(WORKERS['createEdge, one method']);
    expect(groups.find(([group]) => group === 'zod')?.[1]).toBeLessThan(120 * KB);
  });
});
