/** Schemas of the admin API. */
import * as z from 'zod';
import { SCOPES, TENANT_ID, tenantPolicySchema } from '../../config/tenant-policy.ts';
import { OWNER } from '../models/owner.ts';
import { SEALED_STORES } from '../stores/sealed-store.ts';
import { recordSchema } from '../tenants/record.ts';

export const tenantParams = z.object({ tenant: z.string().regex(TENANT_ID).describe('Name of the tenant.') });
export const keyParams = tenantParams.extend({
  key: z
    .string()
    .regex(/^[0-9a-f]{12}$/)
    .describe('Id of the key.'),
});

const scopes = z.array(z.enum(SCOPES)).min(1);
const DAY = 86_400;

// The copy has `openapi`, which schemas lack that were made before the import above.
export const tenantPolicy = tenantPolicySchema.describe('Policy of a tenant.').meta({ id: 'TenantPolicy' });

export const keyRequest = z
  .strictObject({
    name: z.string().max(100).optional().describe('Use of the key.'),
    scopes: scopes.default(['predict', 'explain']),
    expires_in: z
      .int()
      .min(60)
      .max(3650 * DAY)
      .optional()
      .describe('Lifetime in seconds; unlimited when left out.'),
  })
  .meta({ id: 'KeyRequest' });

export const rotateRequest = z
  .strictObject({
    grace: z
      .int()
      .min(0)
      .max(30 * DAY)
      .default(3600)
      .describe('Seconds for which the old key stays valid.'),
  })
  .meta({ id: 'KeyRotation' });

export const purgeRequest = z
  .strictObject({
    model: z
      .string()
      .regex(/^[a-zA-Z0-9][\w.-]{0,99}$/)
      .optional()
      .describe('Only answers of this model; all when left out.'),
  })
  .meta({ id: 'Purge' });

export const eraseRequest = z
  .strictObject({
    cursor: z.string().max(2000).optional().describe('Cursor of the part before; the first part when left out.'),
  })
  .meta({ id: 'Erasure' });

const count = z.int().min(0);
export const erasedView = z
  .object({
    answers: count,
    jobs: count,
    models: count,
    done: z.boolean().describe('True when nothing is left.'),
    cursor: z.string().optional(),
  })
  .meta({ id: 'Erased' });

export const keyView = z
  .object({
    id: z.string(),
    name: z.string().optional(),
    scopes,
    created: z.string().optional(),
    expires: z.string().optional(),
  })
  .meta({ id: 'Key' });

export const newKeyView = keyView
  .extend({
    key: z.string().describe('The key. It is shown this once, and stored nowhere.'),
  })
  .meta({ id: 'NewKey' });

export const tenantView = z
  .object({
    id: z.string(),
    source: z.enum(['file', 'override']).describe('plugins.config.json, or this API.'),
    revision: z.int(),
    operator: z.boolean(),
    policy: tenantPolicy,
    keys: z.array(keyView),
  })
  .meta({ id: 'Tenant' });

export const tenantList = z.object({ tenants: z.array(tenantView.pick({ id: true, source: true })) });

export const auditView = z.object({
  entries: z.array(
    z.object({
      revision: z.int(),
      at: z.string(),
      by: z.object({ tenant: z.string(), credential: z.string() }),
      change: z.string(),
      subject: z.string().optional(),
    }),
  ),
});

export const purgeView = z.object({ tenant: z.string(), model: z.string().optional(), generation: z.int() });

// The copy has `openapi`, as that of the policy above.
export const tenantRecord = recordSchema.describe('Stored changes of a tenant.').meta({ id: 'TenantRecord' });
export const recordsQuery = z.object({ after: z.string().optional().describe('Last name of the page before.') });
export const records = z.object({
  records: z.record(z.string(), tenantRecord),
  next: z.string().optional().describe('`after` of the next page; absent on the last one.'),
});

const owner = z.string().regex(OWNER).describe('shared, or tenants/<id>.');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const modelVersion = z.object({
  digest: sha256,
  created: z.string(),
  bytes: z.int(),
  upload: z.string().describe('Name of the folder of its files.'),
  files: z.record(z.string(), sha256).describe('SHA-256 of each file.'),
});
export const ownedModels = z.object({
  models: z.array(
    z.looseObject({
      owner,
      name: z.string(),
      damaged: z.boolean().describe('True if the index of its versions cannot be read.'),
      pinned: z.string().optional(),
      versions: z.record(z.string(), modelVersion).optional(),
    }),
  ),
});

export const modelCheck = z
  .strictObject({ owner, model: z.string().min(1).max(64), version: z.string().min(1).max(64) })
  .meta({ id: 'ModelCheck' });
export const checkedFiles = z.object({
  files: z.array(
    z.object({ path: z.string(), sha256, state: z.enum(['whole', 'damaged', 'missing']), bytes: z.int() }),
  ),
});

export const storeCheck = z
  .strictObject({
    store: z.enum(SEALED_STORES).describe('answers: cached answers and compiled graphs; jobs: questions and results.'),
    cursor: z.string().max(4096).optional().describe('Position that the answer before named.'),
  })
  .meta({ id: 'StoreCheck' });
export const checkedPage = z.object({
  checked: z.int(),
  bytes: z.int(),
  damaged: z.array(z.string()).describe('Keys of the entries whose checksum is wrong.'),
  cursor: z.string().optional(),
});
