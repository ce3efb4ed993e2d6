/** Identifiers of the parts of the edge in the container. */
import { CORE, type Token, token } from '../../composition/tokens.ts';
import type { TenantConfig } from '../../config/tenant-policy.ts';
import type { DescriptionStore } from '../models/description-store.ts';
import type { ModelRegistry } from '../models/registry.ts';
import type { ModelStore } from '../models/store.ts';
import type { Services } from '../services.ts';
import type { JwtVerifier } from '../tenants/jwt.ts';
import type { Overrides } from '../tenants/kv-tenants.ts';
import type { ReadTenantFile } from '../tenants/tenant-files.ts';
import type { Tenants } from '../tenants/tenants.ts';

type ServiceTokens = { readonly [Name in keyof Services]-?: Token<NonNullable<Services[Name]>> };

/** Parts of {@link Services}, by name. */
export const SERVICES: ServiceTokens = {
  authenticate: token('edge.authenticate'),
  basePath: token('edge.base-path'),
  explainer: CORE.explainer,
  modalities: CORE.modalities,
  models: token('edge.models'),
  tenants: token('edge.tenants'),
  tenantFiles: token('edge.tenant-files'),
  ledger: token('edge.ledger'),
  rates: token('edge.rates'),
  cache: token('edge.cache'),
  inFlight: token('edge.in-flight'),
  codecs: token('edge.codecs'),
  decodeMemory: token('edge.decode-memory'),
  log: token('edge.log'),
  ownMetrics: CORE.ownMetrics,
  metrics: token('edge.metrics'),
  drift: token('edge.drift'),
  driftHistory: token('edge.drift-history'),
  ownedAnswers: token('edge.owned-answers'),
  spans: token('edge.spans'),
  limits: token('edge.limits'),
  memory: CORE.memory,
  pages: token('edge.pages'),
  fetch: token('edge.fetch'),
  origin: token('edge.origin'),
  jobs: token('edge.jobs'),
  accepting: token('edge.accepting'),
  asOrigin: token('edge.as-origin'),
  webhookSecret: token('edge.webhook-secret'),
  olderWebhookSecret: token('edge.older-webhook-secret'),
  metricsKey: token('edge.metrics-key'),
  pause: token('edge.pause'),
  receipts: token('edge.receipts'),
  sealedStores: token('edge.sealed-stores'),
  shadows: token('edge.shadows'),
};

/** Parts that the services are made of. */
export const EDGE = {
  /** Clock for times: milliseconds since 1970. */
  clock: token<() => number>('edge.clock'),
  /** Tenants of the configuration, by id. */
  tenantConfigs: token<Readonly<Record<string, TenantConfig>>>('edge.tenant-configs'),
  /** Records of the admin API that override the configuration. */
  tenantOverrides: token<Overrides>('edge.tenant-overrides'),
  tenantRecords: token<Tenants>('edge.tenant-records'),
  /** Storage of the files of tenants; none when unbound. */
  readTenantFile: token<ReadTenantFile>('edge.read-tenant-file'),
  tokenVerifier: token<JwtVerifier>('edge.token-verifier'),
  /** Models that are shipped with the server. */
  modelStore: token<ModelStore>('edge.model-store'),
  /** Models that were uploaded. */
  modelRegistry: token<ModelRegistry>('edge.model-registry'),
  /** Descriptions of uploaded models. */
  modelDescriptions: token<DescriptionStore>('edge.model-descriptions'),
  /** Maximum bytes of models in memory. */
  modelBytes: token<number>('edge.model-bytes'),
} as const;
