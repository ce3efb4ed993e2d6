/** Policy of a tenant: one schema for plugins.config.json and the admin API. */
import * as z from 'zod';

const limit = z.union([
  z.number(),
  z
    .strictObject({ min: z.number().optional(), max: z.number().optional() })
    .refine(({ min, max }) => min !== undefined || max !== undefined, 'must have a min or a max')
    .refine(({ min = -Infinity, max = Infinity }) => min <= max, 'the min must not be above the max'),
]);

export const parameterRules = {
  defaults: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("Parameter values that take the place of the method's own defaults."),
  pinned: z.record(z.string(), z.unknown()).optional().describe('Parameter values that no request can change.'),
  limits: z
    .record(z.string(), limit)
    .optional()
    .describe('The largest value of a numeric parameter that is allowed, or {"min", "max"}.'),
};

const everything = (what: string) =>
  z
    .union([z.literal('*'), z.array(z.string().min(1))])
    .default('*')
    .describe(`${what} that the tenant may use: a list, or "*" for all.`);

/** Scopes of a credential. `predict`: inference; `explain`: explanations; `admin`: keys, cache and models of its tenant. */
export const SCOPES = ['predict', 'explain', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

const scopes = z.array(z.enum(SCOPES)).min(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'the SHA-256 of a key, as 64 hexadecimal digits');

const fileDigest = z.string().regex(/^[0-9a-f]{64}$/, 'the SHA-256 of a file, as 64 hexadecimal digits');

/** A key as it is kept. */
export const keySchema = z.strictObject({
  sha256: sha256.describe('SHA-256 of the key, in hexadecimal. The key itself is kept nowhere.'),
  scopes: scopes.default(['predict', 'explain']).describe('What the key is good for.'),
  name: z.string().max(100).optional().describe('Where the key is used.'),
  created: z.iso.datetime().optional(),
  expires: z.iso.datetime().optional().describe('From then on the key is refused.'),
});

const httpsUrl = z.url({ protocol: /^https$/, error: 'must be an https:// URL' });

/** Signatures that a public key can check; shared secrets have no place in a JWKS. */
export const JWT_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
];

/** A JSON Web Key (RFC 7517) of a kind that has a public part. */
const publicKey = z
  .looseObject({ kty: z.enum(['RSA', 'EC', 'OKP']) })
  .refine((key) => !('d' in key), 'must be a public key, without its private part');

export const jwtSchema = z
  .strictObject({
    issuer: z.string().min(1).describe('The `iss` claim.'),
    audience: z.string().min(1).describe('What the `aud` claim must hold.'),
    jwks_url: httpsUrl.optional().describe("Where the issuer's public keys are."),
    jwks: z
      .strictObject({ keys: z.array(publicKey).min(1) })
      .optional()
      .describe('The public keys themselves, in place of `jwks_url`.'),
    algorithms: z.array(z.enum(JWT_ALGORITHMS)).min(1).default(['RS256', 'ES256', 'EdDSA']),
    claims: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .default({})
      .describe('Claims that a token must have with just these values.'),
    scopes: scopes.default(['predict', 'explain']).describe('The most that a token may be good for.'),
  })
  .refine((jwt) => (jwt.jwks_url === undefined) !== (jwt.jwks === undefined), 'must have either jwks_url or jwks')
  .describe('Tokens of an issuer: `scope` or `scp` in the token, if there is any, narrows what it is good for.');

/** The rate limits that wrangler.toml binds: a binding has one fixed limit. */
export const RATES = [60, 600, 6000] as const;
export type Rate = (typeof RATES)[number];

const limitsSchema = z
  .strictObject({
    body_bytes: z.int().min(1).optional().describe('Bytes of a request body.'),
    pixels: z.int().min(1).optional().describe('Pixels of an image, looked up in its header.'),
    samples: z.int().min(1).optional().describe('Rows that one request may evaluate.'),
    edge_ms: z.int().min(1).optional().describe('Milliseconds that one request may run in the isolate.'),
    requests_per_minute: z
      .literal([...RATES])
      .optional()
      .describe('Requests a minute and location; without a key, for each address.'),
  })
  .default({})
  .describe('What one request may take. The limits of the server hold in any case.');

/** Media types of explanations. */
export const FORMATS = [
  'application/json',
  'application/octet-stream',
  'image/png',
  'image/svg+xml',
  'image/webp',
  'text/html',
  'text/event-stream',
] as const;

const host = z.string().regex(/^(?:[a-z0-9-]+\.)+[a-z0-9-]+(?::\d+)?$/, 'a host name such as images.example.com');
const origin = z.string().regex(/^https?:\/\/[a-z0-9.:[\]-]+$/, 'an origin such as https://app.example.com');

const DAY = 86_400;

const policy = {
  description: z.string().max(1000).optional().describe('Who this is.'),
  disabled: z.boolean().default(false).describe('Refuses everything, as if the tenant did not exist.'),
  methods: everything('Methods, by id,'),
  models: everything('Models, by name,'),
  parameters: z
    .record(z.string(), z.strictObject(parameterRules))
    .default({})
    .describe('Defaults, pinned values and limits of parameters, by method id; they add to those of the plugin.'),
  versions: z
    .record(z.string(), z.string().min(1))
    .default({})
    .describe(
      'Versions of methods: by id, the id that requests for it run, `{"mfpp": "mfpp_old"}` with `as` of a plugin.',
    ),
  files: z
    .record(z.string(), z.record(z.string(), fileDigest))
    .optional()
    .describe(
      "Files of the tenant's own storage that methods load at start: by method id, the SHA-256 of each file by its name.",
    ),
  scopes: scopes
    .default(['predict', 'explain'])
    .refine((list) => !list.includes('admin'), 'nobody is an administrator without a key')
    .describe('What those without a key may do; only for the tenant "*".'),
  limits: limitsSchema,
  formats: z
    .union([z.literal('*'), z.array(z.enum(FORMATS)).min(1)])
    .default('*')
    .describe('Media types of explanations.'),
  cache: z
    .strictObject({
      seconds: z
        .union([
          z.literal(0),
          z
            .int()
            .min(60)
            .max(365 * DAY),
        ])
        .default(30 * DAY)
        .describe('How long an answer is kept; 0 for not at all.'),
      isolation: z
        .enum(['tenant', 'shared'])
        .default('tenant')
        .describe(
          '`tenant`: nobody else gets these answers, not even by their speed. `shared`: one cache for all tenants that say so.',
        ),
    })
    .prefault({})
    .describe('Answers that are kept.'),
  keep_nothing: z
    .boolean()
    .optional()
    .describe('Stores no answer, runs no job and counts no drift for this tenant, whatever else its policy says.'),
  routes: z
    .array(z.enum(['edge', 'origin', 'job']))
    .min(1)
    .default(['edge', 'origin', 'job'])
    .describe('Where a request may run.'),
  degrade: z
    .boolean()
    .default(false)
    .describe('When no origin is well: rather fewer samples at the edge than no answer. The answer says so.'),
  image_hosts: z
    .array(host)
    .default([])
    .describe('Hosts from which images are fetched by their https URL; none unless named.'),
  webhook_hosts: z
    .array(host)
    .default([])
    .describe('Hosts that may be told by https when a job has ended; none unless named.'),
  private_hosts: z
    .boolean()
    .default(false)
    .describe('Lets image_hosts, webhook_hosts and jwks_url name IP addresses and names of private networks.'),
  cors: z
    .strictObject({ origins: z.union([z.literal('*'), z.array(origin)]).default([]) })
    .prefault({})
    .describe('Web pages that may call with this credential, by origin.'),
  jwt: jwtSchema.optional(),
};

/** Schema of the admin API: a policy without keys, which have routes of their own. */
export const tenantPolicySchema = z.strictObject(policy).describe("A tenant's policy.");

export const tenantConfigSchema = z
  .strictObject({
    ...policy,
    keys: z
      .array(
        z.union([sha256.transform((digest) => keySchema.parse({ sha256: digest })), keySchema], {
          error: 'the SHA-256 of a key, as 64 hexadecimal digits, or an object with it and its scopes',
        }),
      )
      .default([])
      .describe('API keys: the SHA-256 of each, or an object with its scopes.'),
    operator: z
      .boolean()
      .default(false)
      .describe(
        'Keys with the scope `admin` manage every tenant, not only their own. Only here, never by the admin API.',
      ),
  })
  .describe('A tenant. The one named "*" is everybody without a key.');

/** Valid tenant ids; `*` stands for requests without a key. */
export const TENANT_ID = /^(?:\*|[a-z0-9][a-z0-9_-]{0,62})$/;

export type KeyConfig = z.output<typeof keySchema>;
export type JwtConfig = z.output<typeof jwtSchema>;
export type TenantPolicy = z.output<typeof tenantPolicySchema>;
export type TenantConfig = z.output<typeof tenantConfigSchema>;
export type Format = (typeof FORMATS)[number];
