import { describe, expect, it } from 'vitest';
import { runScript } from '../support/command-line.ts';
import { fuzz, inputOf, tryInput } from './fuzz.ts';
import { shrink } from './shrink.ts';
import { supervise } from './supervise.ts';
import { loadTarget, TARGETS } from './targets/index.ts';

/** Runs of each target here; `npm run fuzz` makes as many as one likes. */
const RUNS: Readonly<Record<string, number>> = {
  wav: 6000,
  csv: 4000,
  config: 3000,
  text: 3000,
  image: 2000,
  oip: 1000,
  onnx: 1000,
};
const SEED = 24;

describe.each(Object.keys(TARGETS))('the fuzz target %s', (name) => {
  it('accepts the inputs that it begins with', async () => {
    const target = await loadTarget(TARGETS[name] as string);
    const outcomes = await Promise.all(target.seeds.map((seed) => tryInput(target, seed)));
    const accepted = /accepted|^config|^policy$|^manifest|^200$|unsupported_media_type/;
    expect(outcomes.filter((tried) => !('outcome' in tried && accepted.test(tried.outcome)))).toEqual([]);
  });

  it(`ends ${RUNS[name]} mutated inputs in an answer or a WhylightError`, async () => {
    const target = await loadTarget(TARGETS[name] as string);
    const { runs, faults } = await fuzz(target, { seed: SEED, from: 0, to: RUNS[name] as number });
    expect(faults.map(({ run, reason }) => `run ${run}: ${reason}`)).toEqual([]);
    expect(runs).toBe(RUNS[name]);
  });
});

describe('the fuzzer', () => {
  it('makes the same input of the same seed and run, and another of the next', async () => {
    const target = await loadTarget(TARGETS.wav as string);
    expect(inputOf(target, 7, 3)).toEqual(inputOf(target, 7, 3));
    expect(inputOf(target, 7, 3)).not.toEqual(inputOf(target, 7, 4));
  });

  it('reports a run that throws and one that never ends, and goes on behind them', async () => {
    const module = new URL('./hanging-target.ts', import.meta.url).href;
    const until = performance.now() + 60_000;
    const { runs, outcomes, faults } = await supervise(module, { seed: 1, from: 0, to: 8, until, maxRunMs: 1000 });
    expect(faults.map(({ run, reason }) => [run, reason.split('\n')[0]])).toEqual([
      [5, 'The run took more than 1000 ms.'],
    ]);
    expect(runs).toBe(8);
    expect(outcomes).toMatchObject({ accepted: 2, fault: 1 });
  });

  it('reports what a target throws', async () => {
    const target = await loadTarget(new URL('./hanging-target.ts', import.meta.url).href);
    const { faults } = await fuzz(target, { seed: 1, from: 0, to: 4 });
    expect(faults.map(({ run, reason }) => [run, reason.split('\n')[0]])).toEqual([[2, 'TypeError: a fault']]);
  });

  it('shrinks an input to what the fault needs', async () => {
    const input = Uint8Array.from({ length: 300 }, (_, i) => i % 256);
    const fails = async (bytes: Uint8Array) => bytes.includes(17) && bytes.includes(200);
    expect([...(await shrink(input, fails))].sort((a, b) => a - b)).toEqual([17, 200]);
  });
});

it.each([['--runs', '-1'], ['--runs=-1'], ['--seed', 'x'], ['--seconds', 'long']])(
  'ends with 2 and a sentence for %s %s',
  (...flags) => {
    const { code, stderr } = runScript('test/fuzz/main.ts', 'oip', ...flags);
    expect([code, stderr]).toEqual([2, expect.not.stringContaining('    at ')]);
  },
);
