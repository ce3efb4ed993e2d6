/** The parser of tenants: whatever comes in, it is taken as it is meant, or refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { configSchema } from '../../src/config/plugins-config.ts';
import {
  FORMATS,
  JWT_ALGORITHMS,
  RATES,
  SCOPES,
  TENANT_ID,
  tenantConfigSchema,
  tenantPolicySchema,
} from '../../src/config/tenant-policy.ts';

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,12}$/);
const listOrAll = fc.oneof(fc.constant('*' as const), fc.array(name, { maxLength: 4 }));
const count = fc.integer({ min: 1, max: 1e9 });
const host = fc.domain();
const limit = fc.oneof(
  fc.integer(),
  fc.tuple(fc.integer(), fc.integer()).map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) })),
  fc.record({ min: fc.integer() }),
);
const values = fc.dictionary(name, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 });
const scopes = (of: readonly string[]) => fc.subarray([...of], { minLength: 1 });

const policy = fc.record(
  {
    description: fc.string({ maxLength: 50 }),
    disabled: fc.boolean(),
    methods: listOrAll,
    models: listOrAll,
    parameters: fc.dictionary(
      name,
      fc.record(
        { defaults: values, pinned: values, limits: fc.dictionary(name, limit, { maxKeys: 3 }) },
        { requiredKeys: [] },
      ),
      { maxKeys: 3 },
    ),
    scopes: scopes(['predict', 'explain']),
    limits: fc.record(
      {
        body_bytes: count,
        pixels: count,
        samples: count,
        edge_ms: count,
        requests_per_minute: fc.constantFrom(...RATES),
      },
      { requiredKeys: [] },
    ),
    formats: fc.oneof(fc.constant('*'), scopes(FORMATS)),
    cache: fc.record(
      {
        seconds: fc.oneof(fc.constant(0), fc.integer({ min: 60, max: 1e6 })),
        isolation: fc.constantFrom('tenant', 'shared'),
      },
      { requiredKeys: [] },
    ),
    routes: scopes(['edge', 'origin', 'job']),
    image_hosts: fc.array(host, { maxLength: 3 }),
    cors: fc.record({
      origins: fc.oneof(
        fc.constant('*'),
        fc.array(
          host.map((name) => `https://${name}`),
          { maxLength: 3 },
        ),
      ),
    }),
    jwt: fc.record(
      {
        issuer: fc.string({ minLength: 1 }),
        audience: fc.string({ minLength: 1 }),
        jwks_url: host.map((name) => `https://${name}/keys`),
        algorithms: scopes(JWT_ALGORITHMS),
        scopes: scopes(SCOPES),
      },
      { requiredKeys: ['issuer', 'audience', 'jwks_url'] },
    ),
  },
  { requiredKeys: [] },
);

const sha256 = fc.stringMatching(/^[0-9a-f]{64}$/);
const tenant = fc
  .tuple(policy, optional(fc.array(fc.oneof(sha256, fc.record({ sha256, scopes: scopes(SCOPES) })), { maxLength: 3 })))
  .map(([policy, keys]) => ({ ...policy, ...(keys && { keys }) }));

const parsed = (value: unknown) => tenantConfigSchema.safeParse(JSON.parse(JSON.stringify(value)));

describe('tenantConfigSchema', () => {
  it('accepts every valid policy unchanged, and its own output again', () => {
    fc.assert(
      fc.property(tenant, (value) => {
        const { success, data, error } = parsed(value);
        expect(error?.issues ?? []).toEqual([]);
        if (!success) return;
        const { keys = [], ...said } = JSON.parse(JSON.stringify(value));
        expect(data).toMatchObject(said);
        expect(data.keys.map((key) => key.sha256)).toEqual(
          keys.map((key: string | { sha256: string }) => (typeof key === 'string' ? key : key.sha256)),
        );
        expect(parsed(data)).toEqual({ success: true, data });
      }),
      { numRuns: 300 },
    );
  });

  it('accepts or refuses any value without throwing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...KEYS), fc.jsonValue())), (value) => {
        const { success, error } = tenantPolicySchema.safeParse(value);
        if (!success) expect(error.issues.length).toBeGreaterThan(0);
        else expect(typeof value === 'object' && value !== null && Object.keys(value).every(isKnown)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('refuses a valid policy with one invalid member', () => {
    fc.assert(
      fc.property(policy, fc.constantFrom(...MISTAKES), (value, mistake) => {
        expect(tenantPolicySchema.safeParse({ ...value, ...mistake }).success).toBe(false);
      }),
    );
  });

  it('refuses operator and keys in a policy', () => {
    fc.assert(
      fc.property(policy, (value) => {
        for (const extra of [{ operator: true }, { operator: false }, { keys: [] }, { id: 'x' }]) {
          expect(tenantPolicySchema.safeParse({ ...value, ...extra }).success).toBe(false);
        }
        expect(tenantPolicySchema.parse(value)).not.toHaveProperty('operator');
      }),
    );
  });

  it('refuses the scope admin for anonymous requests', () => {
    expect(tenantPolicySchema.safeParse({ scopes: ['explain', 'admin'] }).success).toBe(false);
  });

  it('accepts tenant ids that need no encoding in a path', () => {
    fc.assert(
      fc.property(fc.string(), (id) => {
        if (TENANT_ID.test(id)) expect(id === '*' || encodeURIComponent(id) === id).toBe(true);
      }),
    );
    for (const id of ['acme', '*', 'a-1_b']) expect(TENANT_ID.test(id)).toBe(true);
    for (const id of ['', ':all', 'Acme', 'a/b', '-a', '..', 'a b', 'a\n', '__proto__', 'a'.repeat(64)])
      expect([id, TENANT_ID.test(id)]).toEqual([id, false]);
  });

  it('describes tenants in the JSON Schema of the configuration', () => {
    const schema = z.toJSONSchema(configSchema, { io: 'input' }) as { properties: Record<string, object> };
    expect(JSON.stringify(schema.properties.tenants)).toContain('requests_per_minute');
  });
});

const KEYS = Object.keys(tenantPolicySchema.shape);
const isKnown = (key: string) => KEYS.includes(key);

const MISTAKES: readonly object[] = [
  { methods: 'saliency' },
  { methods: [''] },
  { limits: { samples: 0 } },
  { limits: { samples: 1.5 } },
  { limits: { samples: '10' } },
  { limits: { requests_per_minute: 61 } },
  { limits: { sample: 1 } },
  { cache: { seconds: 59 } },
  { cache: { seconds: -1 } },
  { cache: { isolation: 'none' } },
  { formats: [] },
  { formats: ['image/gif'] },
  { routes: [] },
  { image_hosts: ['https://x.example'] },
  { image_hosts: ['*.example.com'] },
  { cors: { origins: ['https://x.example/path'] } },
  { cors: { origins: ['*'] } },
  { parameters: { lime: { limits: { n_samples: { min: 2, max: 1 } } } } },
  { parameters: { lime: { limits: { n_samples: {} } } } },
  { parameters: { lime: { maximum: 3 } } },
  { jwt: { issuer: 'x', audience: 'y' } },
  { jwt: { issuer: 'x', audience: 'y', jwks_url: 'http://x.example' } },
  { jwt: { issuer: 'x', audience: 'y', jwks_url: 'https://x.example', algorithms: ['HS256'] } },
  { jwt: { issuer: 'x', audience: 'y', jwks_url: 'https://x.example', algorithms: ['none'] } },
  { jwt: { issuer: 'x', audience: 'y', jwks: { keys: [{ kty: 'oct', k: 'secret' }] } } },
  { jwt: { issuer: 'x', audience: 'y', jwks: { keys: [{ kty: 'EC', d: 'private' }] } } },
  { unknown: 1 },
];
