import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tenantPolicySchema } from '../../../src/config/tenant-policy.ts';
import { applied, type Change, meets } from '../../../src/edge/tenants/changes.ts';
import { EMPTY_RECORD, recordSchema } from '../../../src/edge/tenants/record.ts';

const policy = tenantPolicySchema.parse({});
const digest = (n: number) => String(n).padStart(64, '0');
const key = (n: number) => ({ sha256: digest(n), scopes: ['explain' as const] });
const number = fc.integer({ min: 0, max: 5 });
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.constant<Change>({ kind: 'policy_set', policy }),
  fc.constant<Change>({ kind: 'reset' }),
  number.map((n): Change => ({ kind: 'key_created', key: key(n + 10) })),
  number.map((n): Change => ({ kind: 'key_revoked', sha256: digest(n + 10) })),
  number.map((n): Change => ({ kind: 'key_rotated', old: key(n), key: key(n + 10), until: '2030-01-01T00:00:00Z' })),
  fc.constantFrom('constructor', 'toString', 'a', undefined).map((model): Change => ({ kind: 'purged', model })),
);

describe('the record of a tenant', () => {
  it('stays valid after any changes, with rising revisions and unique generations', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
        const seen = new Set<string>();
        let record = EMPTY_RECORD;
        for (const one of changes) {
          const next = applied(record, one);
          expect(next.revision).toBe(record.revision + 1);
          expect(recordSchema.parse(JSON.parse(JSON.stringify(next)))).toEqual(next);
          if (one.kind === 'purged' || one.kind === 'reset') {
            const generation = JSON.stringify(next.generation);
            expect(seen.has(generation)).toBe(false);
            seen.add(generation);
          }
          record = next;
        }
      }),
    );
  });

  it('replaces the generations of more than 200 models by one of the tenant', () => {
    let record = EMPTY_RECORD;
    for (let i = 0; i < 201; i++) record = applied(record, { kind: 'purged', model: `m${i}` });
    expect(record.generation).toEqual({ tenant: 1, models: {} });
  });

  it('keeps revoked keys of the configuration file, and drops its own', () => {
    let record = applied(EMPTY_RECORD, { kind: 'key_created', key: key(1) });
    record = applied(record, { kind: 'key_revoked', sha256: digest(1) });
    record = applied(record, { kind: 'key_revoked', sha256: digest(2) });
    expect(record).toMatchObject({ keys: [], revoked: [digest(2)] });
  });
});

describe('preconditions of a change', () => {
  const there = { ...EMPTY_RECORD, revision: 3, policy };
  it.each([
    [{}, true, true],
    [{ required: true }, false, true],
    [{ match: [3] }, true, false],
    [{ match: [1, 3], required: true }, true, false],
    [{ match: [2] }, false, false],
    [{ match: '*' as const }, true, false],
    [{ absent: true, required: true }, false, true],
  ])('%j are checked against an existing and a missing record', (expected, present, missing) => {
    expect([meets(expected, there, false), meets(expected, EMPTY_RECORD, false)]).toEqual([present, missing]);
  });

  it('treat a tenant of the configuration file as existing', () => {
    expect(meets({ required: true }, EMPTY_RECORD, true)).toBe(false);
    expect(meets({ match: [0] }, EMPTY_RECORD, true)).toBe(true);
    expect(meets({ absent: true }, EMPTY_RECORD, true)).toBe(false);
  });
});
