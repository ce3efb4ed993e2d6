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
    ['what is light runs at the edge', light, 'edge'],
    ['what takes too long goes to the origin', heavy, 'origin'],
    ['what needs too much memory does too', { ...light, estimate: { milliseconds: 1, bytes: 100 * MIB } }, 'origin'],
    ['what the deadline does not leave time for at the edge', { ...light, deadline: 50 }, 'origin'],
    ['a job is what neither does in time', { ...heavy, deadline: 5000 }, 'job'],
    ['a job is what is left without an origin', noOrigin, 'job'],
    ['or without one that is well', { ...heavy, origin: { available: false, milliseconds: 1 } }, 'job'],
    ['a sick origin alone', { ...heavy, jobs: false, origin: { available: false, milliseconds: 1 } }, 'unavailable'],
    ['nothing is left', { ...noOrigin, jobs: false }, 'none'],
    ['nothing is left in time', { ...heavy, jobs: false, deadline: 5000 }, 'none'],
    ['the tenant keeps out of the origin', { ...heavy, allowed: ['edge', 'job'] }, 'job'],
    ['the tenant keeps out of the edge', { ...light, allowed: ['origin'] }, 'origin'],
    ['what was asked for', { ...light, wanted: 'origin' }, 'origin'],
    ['what was asked for', { ...light, wanted: 'job' }, 'job'],
    ['edge and nothing else', { ...heavy, wanted: 'edge' }, 'none'],
    ['more rows than an isolate may', { ...light, samples: { ...light.samples, needed: 6000 } }, 'origin'],
    ['more rows than anything may', { ...light, samples: { ...light.samples, needed: 200_001 } }, 'none'],
    ['a queue that is not there', { ...light, wanted: 'job', jobs: false }, 'none'],
  ])('%s', (_, situation, route) => {
    const decision = decide(situation);
    expect(decision.route).toBe(route);
    expect(decision.why).not.toBe('');
  });

  it('tells the figures', () => {
    expect(decide({ ...noOrigin, jobs: false }).why).toBe(
      'it takes about 60 s and 30 MiB, and the edge may take 5.0 s',
    );
  });

  it('never leaves what is allowed and asked for, and never promises what is not there', () => {
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
