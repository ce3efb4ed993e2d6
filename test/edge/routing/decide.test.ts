import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type Situation } from '../../../src/edge/routing/decide.ts';

const MIB = 2 ** 20;
const light: Situation = {
  estimate: { milliseconds: 100, bytes: 30 * MIB },
  samples: { needed: 1000, edge: 5000, elsewhere: 200_000 },
  wanted: 'auto',
  allowed: ['edge', 'origin', 'job'],
  edge: { milliseconds: 5000, bytes: 80 * MIB },
  origin: { available: true, milliseconds: 20 },
  jobs: true,
};
const heavy: Situation = {
  ...light,
  estimate: { milliseconds: 60_000, bytes: 30 * MIB },
  origin: { available: true, milliseconds: 9000 },
};
const { origin: _, ...noOrigin } = heavy;

describe('decide', () => {
  it.each<[string, Situation, string]>([
    ['runs a light request at the edge', light, 'edge'],
    ['sends a request that takes too long at the edge to the origin', heavy, 'origin'],
    [
      'sends a request that needs too much memory at the edge to the origin',
      { ...light, estimate: { milliseconds: 1, bytes: 100 * MIB } },
      'origin',
    ],
    ['sends a request that misses its deadline at the edge to the origin', { ...light, deadline: 50 }, 'origin'],
    ['makes a job when neither edge nor origin meets the deadline', { ...heavy, deadline: 5000 }, 'job'],
    ['makes a job when there is no origin', noOrigin, 'job'],
    ['makes a job when the origin is unavailable', { ...heavy, origin: { available: false, milliseconds: 1 } }, 'job'],
    [
      'reports unavailable when the only candidate is an unavailable origin',
      { ...heavy, jobs: false, origin: { available: false, milliseconds: 1 } },
      'unavailable',
    ],
    ['finds no route without origin and jobs', { ...noOrigin, jobs: false }, 'none'],
    ['finds no route within the deadline', { ...heavy, jobs: false, deadline: 5000 }, 'none'],
    ['makes a job when the tenant excludes the origin', { ...heavy, allowed: ['edge', 'job'] }, 'job'],
    ['uses the origin when the tenant excludes the edge', { ...light, allowed: ['origin'] }, 'origin'],
    ['uses the origin when it is requested', { ...light, wanted: 'origin' }, 'origin'],
    ['makes a job when it is requested', { ...light, wanted: 'job' }, 'job'],
    ['finds no route when the requested edge is too slow', { ...heavy, wanted: 'edge' }, 'none'],
    [
      'sends more samples than the edge allows to the origin',
      { ...light, samples: { ...light.samples, needed: 6000 } },
      'origin',
    ],
    [
      'finds no route for more samples than any route allows',
      { ...light, samples: { ...light.samples, needed: 200_001 } },
      'none',
    ],
    ['finds no route when a job is requested without a queue', { ...light, wanted: 'job', jobs: false }, 'none'],
  ])('%s', (_, situation, route) => {
    const decision = decide(situation);
    expect(decision.route).toBe(route);
    expect(decision.why).not.toBe('');
  });

  it('explains its choice with time, memory and the budget of the edge', () => {
    expect(decide({ ...noOrigin, jobs: false }).why).toBe(
      'it takes about 60 s and 30 MiB, and the edge may take 5.0 s',
    );
  });

  it('chooses only routes that are allowed, requested, available and within budget', () => {
    const route = fc.constantFrom('edge', 'origin', 'job') as fc.Arbitrary<'edge' | 'origin' | 'job'>;
    fc.assert(
      fc.property(
        fc.record({
          estimate: fc.record({ milliseconds: fc.nat(100_000), bytes: fc.nat(200 * MIB) }),
          samples: fc.record({ needed: fc.nat(300), edge: fc.constant(100), elsewhere: fc.constant(200) }),
          wanted: fc.constantFrom('auto', 'edge', 'origin', 'job') as fc.Arbitrary<Situation['wanted']>,
          allowed: fc.uniqueArray(route),
          edge: fc.constant(light.edge),
          jobs: fc.boolean(),
          deadline: fc.nat(100_000),
          origin: fc.record({ available: fc.boolean(), milliseconds: fc.nat(50_000) }),
        }),
        fc.boolean(),
        ({ origin, ...rest }, there) => {
          const situation: Situation = { ...rest, ...(there && { origin }) };
          const { route: chosen } = decide(situation);
          if (chosen === 'none') return;
          if (chosen === 'unavailable') {
            expect(there && !origin.available).toBe(true);
            return;
          }
          expect(situation.allowed).toContain(chosen);
          expect(rest.samples.needed).toBeLessThanOrEqual(200);
          if (situation.wanted !== 'auto') expect(chosen).toBe(situation.wanted);
          if (chosen === 'edge') {
            expect(rest.estimate.milliseconds).toBeLessThanOrEqual(Math.min(5000, rest.deadline));
            expect(rest.estimate.bytes).toBeLessThanOrEqual(light.edge.bytes);
            expect(rest.samples.needed).toBeLessThanOrEqual(100);
          }
          if (chosen === 'origin') expect(there && origin.available && origin.milliseconds <= rest.deadline).toBe(true);
          if (chosen === 'job') expect(rest.jobs).toBe(true);
        },
      ),
    );
  });
});
