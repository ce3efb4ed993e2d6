import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const garbage = fileURLToPath(new URL('../../src/node/garbage.ts', import.meta.url));

/** Full collections of a process that holds a model and makes many arrays. */
const collections = (prepared: boolean): number => {
  const script = `
    import { PerformanceObserver, constants } from 'node:perf_hooks';
    import { collectLessOften } from ${JSON.stringify(garbage)};
    ${prepared ? 'collectLessOften();' : ''}
    let full = 0;
    new PerformanceObserver((list) => {
      for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) full += 1;
    }).observe({ entryTypes: ['gc'] });
    const model = new Float32Array(8_000_000);
    const heap = Array.from({ length: 300_000 }, (_, i) => ({ i }));
    for (let i = 0; i < 60; i++) {
      new Float32Array(2_500_000).fill(i);
      await new Promise((next) => setTimeout(next));
    }
    if (model.length + heap.length > 0) console.log(full);
  `;
  return Number(execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' }));
};

it('collectLessOften more than halves the number of full collections', () => {
  const before = collections(false);
  expect(before).toBeGreaterThan(4);
  expect(collections(true)).toBeLessThan(before / 2);
});
