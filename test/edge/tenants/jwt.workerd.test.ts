import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { tensorRequest } from '../../support/app.ts';
import { request, tenantApp } from '../../support/tenants.ts';

const AUDIENCE = 'https://whylight.test';
const now = () => Math.floor(Date.now() / 1000);

async function issuerOf(issuer: string) {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: issuer, alg: 'ES256' };
  const sign = (claims: JWTPayload = {}, header: object = {}) =>
    new SignJWT({ iss: issuer, aud: AUDIENCE, exp: now() + 300, sub: 'ann@example.com', ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: issuer, ...header })
      .sign(privateKey);
  return { jwk, sign, issuer };
}

const idp = await issuerOf('https://idp.example');
const evil = await issuerOf('https://evil.example');
const jwt = { issuer: idp.issuer, audience: AUDIENCE, jwks: { keys: [idp.jwk] } };
const status = async (app: ReturnType<typeof tenantApp>, token: string) =>
  (await app('/v2/models', request('GET', undefined, undefined, { Authorization: `Bearer ${token}` }))).status;

describe('a JSON Web Token', () => {
  it('is accepted when issuer and audience match a tenant', async () => {
    const app = tenantApp({ one: { jwt }, two: {} });
    expect(await status(app, await idp.sign())).toBe(200);
    expect(await status(app, await idp.sign({ aud: ['other', AUDIENCE] }))).toBe(200);
  });

  it('is refused with the same 401 for any invalid claim, key or signature', async () => {
    const lines: string[] = [];
    const app = tenantApp(
      { one: { jwt: { ...jwt, claims: { tenant: 'one' } } } },
      { log: (_, message, facts) => void lines.push(`${message} ${JSON.stringify(facts)}`) },
    );
    const mine = { tenant: 'one' };
    expect(await status(app, await idp.sign(mine))).toBe(200);
    const good = await idp.sign(mine);
    const [head, body, signature] = good.split('.') as [string, string, string];
    const none = btoa('{"alg":"none"}').replaceAll('=', '');
    const wrong = [
      await idp.sign({ ...mine, exp: now() - 60 }),
      await idp.sign({ ...mine, nbf: now() + 60 }),
      await idp.sign({ ...mine, exp: undefined }),
      await idp.sign({ ...mine, aud: 'somebody else' }),
      await idp.sign({ tenant: 'two' }),
      await idp.sign(),
      await evil.sign({ ...mine, iss: idp.issuer }, { kid: idp.issuer }),
      await evil.sign(mine),
      `${none}.${body}.`,
      `${none}.${body}.${signature}`,
      `${head}.${body.slice(0, -2)}.${signature}`,
      `${head}.${body}.${signature.slice(0, -4)}AAAA`,
      await new SignJWT({ iss: idp.issuer, aud: AUDIENCE, exp: now() + 300, ...mine })
        .setProtectedHeader({ alg: 'HS256', kid: idp.issuer })
        .sign(new TextEncoder().encode(JSON.stringify(idp.jwk))),
    ];
    const answers = await Promise.all(
      wrong.map(async (token) => {
        const response = await app(
          '/v2/models',
          request('GET', undefined, undefined, { Authorization: `Bearer ${token}` }),
        );
        const { instance: _, ...problem } = (await response.json()) as Record<string, unknown>;
        return problem;
      }),
    );
    for (const answer of answers) expect(answer).toEqual({ ...answers[0], code: 'unauthorized', status: 401 });
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join()).not.toContain('ann@example.com');
  });

  it('grants no more scopes than the tenant allows', async () => {
    const app = tenantApp({ one: { jwt: { ...jwt, scopes: ['predict'] } } });
    const ask = async (claims: JWTPayload, path: string) => {
      const init = tensorRequest({ method: 'saliency' });
      const headers = { ...init.headers, Authorization: `Bearer ${await idp.sign(claims)}` } as HeadersInit;
      return (await app(`/v2/models/cifar10/${path}`, { ...init, headers })).status;
    };
    expect(await ask({}, 'explain')).toBe(403);
    expect(await ask({ scope: 'openid explain admin' }, 'explain')).toBe(403);
    expect(await ask({ scope: 'openid' }, 'explain')).toBe(403);
    const admin = await idp.sign({ scope: 'admin' });
    expect(
      (await app('/admin/tenants/one', request('GET', undefined, undefined, { Authorization: `Bearer ${admin}` })))
        .status,
    ).toBe(403);
  });

  it('is verified with keys that are fetched once', async () => {
    const asked: string[] = [];
    const fetchKeys = async (url: string) => {
      asked.push(url);
      return Response.json({ keys: [idp.jwk] });
    };
    const remote = { issuer: idp.issuer, audience: AUDIENCE, jwks_url: 'https://idp.example/keys' };
    const app = tenantApp({ one: { jwt: remote } }, { fetchKeys });
    for (let i = 0; i < 3; i++) expect(await status(app, await idp.sign({ jti: String(i) }))).toBe(200);
    expect(asked).toEqual(['https://idp.example/keys']);
  });

  it('is refused with 401 when its keys cannot be fetched', async () => {
    const remote = { issuer: idp.issuer, audience: AUDIENCE, jwks_url: 'https://idp.example/keys' };
    const fetchKeys = async () => Response.json({ error: 'down' }, { status: 503 });
    expect(await status(tenantApp({ one: { jwt: remote } }, { fetchKeys }), await idp.sign())).toBe(401);
  });

  it('is accepted from an issuer that was added through the admin API', async () => {
    const base = { house: { operator: true, keys: [{ sha256: await digest('op'), scopes: ['admin'] }] } };
    const added = await issuerOf(`https://${crypto.randomUUID()}.example`);
    const policy = { jwt: { issuer: added.issuer, audience: AUDIENCE, jwks: { keys: [added.jwk] } } };
    const app = tenantApp(base);
    expect(await status(app, await added.sign())).toBe(401);
    expect((await app('/admin/tenants/late', request('PUT', 'op', policy))).status).toBe(201);
    expect(await status(app, await added.sign())).toBe(200);
    expect(await status(tenantApp(base), await added.sign())).toBe(200);
    const clash = await app('/admin/tenants/copycat', request('PUT', 'op', policy));
    expect([clash.status, await clash.json()]).toEqual([409, expect.objectContaining({ code: 'conflict' })]);
  });
});

const digest = async (key: string) => (await import('../../../src/edge/tenants/api-key.ts')).keyDigest(key);
