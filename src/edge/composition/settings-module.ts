/** Settings of an embedder as bindings of the container. */
import { defineModule, type Module } from '../../composition/container.ts';
import { CORE } from '../../composition/tokens.ts';
import type { Engine } from '../../core/engine/engine.ts';
import { WhylightError } from '../../core/errors.ts';
import type { Limits as MachineLimits } from '../../core/limits.ts';
import { type CacheSetting, cacheOf } from '../cache/setting.ts';
import { parseBasePath } from '../http/base-path.ts';
import type { Limits } from '../limits.ts';
import type { Log } from '../observe/log.ts';
import type { Authenticate } from '../tenants/host-authentication.ts';
import { type ReadTenantFile, TenantFiles } from '../tenants/tenant-files.ts';
import { EDGE, SERVICES } from './tokens.ts';

/** Limits of the server on one request, and those of the machine. */
export type EdgeLimits = Limits & MachineLimits;

/** Settings of an embedder beside methods, models and tenants; each keeps its default when left out. */
export interface HostSettings {
  /** Path that the app is served under, such as `/explain`; requests may come with it or without. */
  readonly basePath?: string;
  /** Identifies callers in place of keys and tokens. */
  readonly authenticate?: Authenticate;
  /** Cache of answers. */
  readonly cache?: CacheSetting;
  /** Sink of log lines; JSON on the console when left out. */
  readonly log?: Log;
  /** Limits that replace those of the platform, one by one. */
  readonly limits?: Partial<EdgeLimits>;
  /** Storage of files that policies of tenants name; the platform's own when left out, which in Node is none. */
  readonly tenantFiles?: ReadTenantFile;
  /** Engine that runs models; the platform's own when left out. */
  readonly engine?: Engine;
}

/**
 * Binds the settings that were given; load it after the platform's module.
 * @param limits limits of the platform
 * @throws WhylightError `invalid_config` for a base path that is none, or a limit of another name
 */
export function settingsModule(
  { basePath, authenticate, cache, log, limits = {}, engine, tenantFiles }: HostSettings,
  platform: EdgeLimits,
): Module {
  const combined = { ...platform, ...checkedLimits(limits, platform) };
  const path = parseBasePath(basePath);
  return defineModule(({ bind, rebind }) => {
    bind(SERVICES.basePath).toConstantValue(path);
    rebind(SERVICES.limits).toConstantValue(combined);
    rebind(CORE.limits).toConstantValue(combined);
    if (authenticate) bind(SERVICES.authenticate).toConstantValue(authenticate);
    if (log) rebind(SERVICES.log).toConstantValue(log);
    if (tenantFiles) rebind(SERVICES.tenantFiles).toConstantValue(new TenantFiles(tenantFiles));
    if (engine) rebind(CORE.engine).toConstantValue(engine);
    if (cache === undefined) return;
    rebind(SERVICES.cache).toResolvedValue(
      (lines: Log, clock: () => number) => cacheOf(cache, lines, clock),
      [SERVICES.log, EDGE.clock],
    );
  });
}

function checkedLimits(limits: Partial<EdgeLimits>, known: EdgeLimits): Partial<EdgeLimits> {
  const other = Object.keys(limits).filter((name) => !Object.hasOwn(known, name));
  if (other.length === 0) return limits;
  throw new WhylightError(
    'invalid_config',
    `There is no limit named ${other.join(', ')}; there are ${Object.keys(known).join(', ')}.`,
    { limits: other },
  );
}
