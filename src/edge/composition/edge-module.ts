/** Bindings of the edge that are the same on every platform. */
import { defineModule, type Module, optional, replaceParts } from '../../composition/container.ts';
import { CORE } from '../../composition/tokens.ts';
import type { TenantConfig } from '../../config/tenant-policy.ts';
import type { Engine } from '../../core/engine/engine.ts';
import type { MemoryPool } from '../../core/memory-pool.ts';
import type { ModalityRegistry } from '../../core/modality/registry.ts';
import type { TaskRegistry } from '../../core/task/registry.ts';
import { InFlight } from '../cache/in-flight.ts';
import { noCache } from '../cache/result-cache.ts';
import { ModelCatalogue } from '../models/catalogue.ts';
import type { DescriptionStore } from '../models/description-store.ts';
import type { ModelRegistry } from '../models/registry.ts';
import type { ModelStore } from '../models/store.ts';
import { consoleLog, type Log } from '../observe/log.ts';
import type { Services } from '../services.ts';
import { TenantDirectory } from '../tenants/directory.ts';
import type { Authenticate } from '../tenants/host-authentication.ts';
import { JwtVerifier } from '../tenants/jwt.ts';
import type { Overrides } from '../tenants/kv-tenants.ts';
import type { Ledger } from '../tenants/ledger.ts';
import { type ReadTenantFile, TenantFiles } from '../tenants/tenant-files.ts';
import { Tenants } from '../tenants/tenants.ts';
import { EDGE, SERVICES } from './tokens.ts';

/**
 * Binds what every edge has. A platform binds `EDGE.modelStore`, `SERVICES.codecs`, `SERVICES.limits` and the engine, and
 * may bind or rebind every other part.
 */
export const edgeModule = (tenants: Readonly<Record<string, TenantConfig>>): Module =>
  defineModule(({ bind }) => {
    bind(EDGE.clock).toConstantValue(() => Date.now());
    bind(SERVICES.log).toConstantValue(consoleLog);
    bind(SERVICES.fetch).toConstantValue((...request) => fetch(...request));
    bind(SERVICES.cache).toConstantValue(noCache);
    bind(SERVICES.inFlight).toResolvedValue(() => new InFlight<Uint8Array>());
    bind(EDGE.tenantConfigs).toConstantValue(tenants);
    bind(SERVICES.tenantFiles).toResolvedValue(
      (read: ReadTenantFile | undefined) => new TenantFiles(read),
      [optional(EDGE.readTenantFile)],
    );
    bind(EDGE.tokenVerifier).toResolvedValue(() => new JwtVerifier());
    bind(EDGE.tenantRecords).toResolvedValue(
      (
        base: Readonly<Record<string, TenantConfig>>,
        overrides: Overrides | undefined,
        ledger: Ledger | undefined,
        log: Log,
        clock: () => number,
      ) => new Tenants({ base, log, clock, ...(overrides && { overrides }), ...(ledger && { ledger }) }),
      [EDGE.tenantConfigs, optional(EDGE.tenantOverrides), optional(SERVICES.ledger), SERVICES.log, EDGE.clock],
    );
    bind(SERVICES.tenants).toResolvedValue(
      (records: Tenants, tokens: JwtVerifier, log: Log, clock: () => number, host: Authenticate | undefined) =>
        new TenantDirectory({ tenants: records, tokens, log, clock, openToNames: host !== undefined }),
      [EDGE.tenantRecords, EDGE.tokenVerifier, SERVICES.log, EDGE.clock, optional(SERVICES.authenticate)],
    );
    bind(SERVICES.models).toResolvedValue(
      (
        store: ModelStore,
        { forms }: TaskRegistry,
        modalities: ModalityRegistry,
        registry: ModelRegistry | undefined,
        bytes: number | undefined,
        pool: MemoryPool | undefined,
        descriptions: DescriptionStore | undefined,
      ) =>
        new ModelCatalogue(store, {
          readers: { forms, modalities },
          ...(registry && { registry }),
          ...(bytes !== undefined && { bytes }),
          ...(pool && { pool }),
          ...(descriptions && { descriptions }),
        }),
      [
        EDGE.modelStore,
        CORE.tasks,
        CORE.modalities,
        optional(EDGE.modelRegistry),
        optional(EDGE.modelBytes),
        optional(CORE.memory),
        optional(EDGE.modelDescriptions),
      ],
    );
  });

/** Parts of the app that an embedder or a test may replace; a part that is left out keeps its default. */
export interface EdgeParts extends Partial<Services> {
  readonly engine?: Engine;
  /** Clock for times: milliseconds since 1970. */
  readonly clock?: () => number;
  /** Verifier of JSON Web Tokens. */
  readonly tokenVerifier?: JwtVerifier;
  /** Models that are shipped with the server. */
  readonly modelStore?: ModelStore;
}

const { clock, tokenVerifier, modelStore } = EDGE;
const REPLACEABLE = { ...SERVICES, engine: CORE.engine, clock, tokenVerifier, modelStore };

/** Makes a module that replaces single parts; load it last. */
export const edgeParts = (parts: EdgeParts): Module => replaceParts(REPLACEABLE, parts);
