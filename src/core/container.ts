/** Puts the core together. Only composition roots (Worker, origin, command line) call this; classes know nothing of it. */
import { Container } from 'inversify';
import type { Engine } from './engine/engine.ts';
import { SessionCache } from './engine/session-cache.ts';
import { Explainer } from './explainer/explainer.ts';
import { type Limits, PROCESS_LIMITS } from './limits.ts';
import { MethodRegistry, type PluginEntry } from './method/registry.ts';
import { TOKENS } from './tokens.ts';

export interface CoreOptions {
  readonly engine: Engine;
  readonly plugins: readonly PluginEntry[];
  /** True if the plugins were checked when they were configured, and need not be checked at every start. */
  readonly checked?: boolean;
  readonly limits?: Partial<Limits>;
  /** Milliseconds, from any origin; `performance.now` when left out. */
  readonly clock?: () => number;
}

/** A container with everything of the core, made when it is first asked for. Roots bind what they add on top. */
export function createContainer({
  engine,
  plugins,
  checked = false,
  limits,
  clock = () => performance.now(),
}: CoreOptions): Container {
  const container = new Container({ defaultScope: 'Singleton' });
  container.bind(TOKENS.engine).toConstantValue(engine);
  container.bind(TOKENS.clock).toConstantValue(clock);
  container.bind(TOKENS.limits).toConstantValue({ ...PROCESS_LIMITS, ...limits });
  for (const entry of plugins) container.bind(TOKENS.plugin).toConstantValue(entry);
  container
    .bind(TOKENS.methods)
    .toResolvedValue(
      (entries: PluginEntry[]) => new MethodRegistry(entries, { checked }),
      [{ isMultiple: true, serviceIdentifier: TOKENS.plugin }],
    );
  container
    .bind(TOKENS.sessions)
    .toResolvedValue(({ sessionBytes }: Limits) => new SessionCache(sessionBytes), [TOKENS.limits]);
  container
    .bind(TOKENS.explainer)
    .toResolvedValue(
      (
        engine: Engine,
        sessions: SessionCache,
        methods: MethodRegistry,
        { memoryBudget, maxBatch, optimize, measures }: Limits,
        clock: () => number,
      ) => new Explainer({ engine, sessions, methods, memoryBudget, maxBatch, optimize, measures, clock }),
      [TOKENS.engine, TOKENS.sessions, TOKENS.methods, TOKENS.limits, TOKENS.clock],
    );
  return container;
}
