/** Bindings of the core. */
import type { Engine } from '../core/engine/engine.ts';
import { SessionCache } from '../core/engine/session-cache.ts';
import type { ReadFile } from '../core/explainer/setup.ts';
import { type Limits, PROCESS_LIMITS } from '../core/limits.ts';
import type { MemoryPool } from '../core/memory-pool.ts';
import { type LazyPluginEntry, MethodRegistry, type PluginEntry } from '../core/method/registry.ts';
import type { Metric } from '../core/metrics/metric.ts';
import { type ModalityEntry, ModalityRegistry } from '../core/modality/registry.ts';
import { lazyCompiler } from '../core/plan/lazy-compiler.ts';
import type { GraphStore } from '../core/plan/stored-graph.ts';
import { TaskRegistry } from '../core/task/registry.ts';
import type { Task } from '../core/task/task.ts';
import { defineModule, type Module, optional } from './container.ts';
import { explainerOf } from './explainer.ts';
import { CORE } from './tokens.ts';

export interface CoreSettings {
  /** Built-in methods. */
  readonly plugins: readonly (PluginEntry | LazyPluginEntry)[];
  /** True if the plugins were checked when they were configured, and need not be checked at every start. */
  readonly checked?: boolean;
  /** Modalities beside images; none when left out. */
  readonly modalities?: readonly ModalityEntry[];
  /** Tasks that answers are read by; without any, answers have scores and no predictions. */
  readonly tasks?: readonly Task[];
  /** Metrics beside those that come with whylight. */
  readonly metrics?: readonly Metric[];
}

/**
 * Binds everything of the core but the engine. The registries collect every binding of `CORE.plugin`, `CORE.modality` and
 * `CORE.task`.
 */
export const coreModule = ({
  plugins,
  checked = false,
  modalities = [],
  tasks = [],
  metrics = [],
}: CoreSettings): Module =>
  defineModule(({ bind }) => {
    bind(CORE.timer).toConstantValue(() => performance.now());
    bind(CORE.limits).toConstantValue(PROCESS_LIMITS);
    for (const entry of plugins) bind(CORE.plugin).toConstantValue(entry);
    bind(CORE.methods).toResolvedValue(
      (entries: (PluginEntry | LazyPluginEntry)[]) => new MethodRegistry(entries, { checked }),
      [{ isMultiple: true, serviceIdentifier: CORE.plugin }],
    );
    for (const entry of modalities) bind(CORE.modality).toConstantValue(entry);
    bind(CORE.modalities).toResolvedValue(
      (entries: ModalityEntry[] = []) => new ModalityRegistry(entries),
      [{ isMultiple: true, optional: true, serviceIdentifier: CORE.modality }],
    );
    if (metrics.length > 0) bind(CORE.ownMetrics).toConstantValue(metrics);
    for (const task of tasks) bind(CORE.task).toConstantValue(task);
    bind(CORE.tasks).toResolvedValue(
      (found: Task[] = []) => new TaskRegistry(found),
      [{ isMultiple: true, optional: true, serviceIdentifier: CORE.task }],
    );
    bind(CORE.sessions).toResolvedValue(
      ({ sessionBytes }: Limits, pool: MemoryPool | undefined) => new SessionCache(sessionBytes, { pool }),
      [CORE.limits, optional(CORE.memory)],
    );
    bind(CORE.explainer).toResolvedValue(
      (
        engine: Engine,
        sessions: SessionCache,
        methods: MethodRegistry,
        tasks: TaskRegistry,
        limits: Limits,
        clock: () => number,
        graphs: GraphStore | undefined,
        readFile: ReadFile | undefined,
      ) => explainerOf({ engine, sessions, methods, tasks, limits, clock, graphs, readFile, compiler: lazyCompiler }),
      [
        CORE.engine,
        CORE.sessions,
        CORE.methods,
        CORE.tasks,
        CORE.limits,
        CORE.timer,
        optional(CORE.graphs),
        optional(CORE.readFile),
      ],
    );
  });

/**
 * Binds an engine and the limits of its machine.
 * @param limits replace single limits of `PROCESS_LIMITS`
 */
export const engineModule = (engine: Engine, limits: Partial<Limits> = {}): Module =>
  defineModule(({ bind, rebind }) => {
    bind(CORE.engine).toConstantValue(engine);
    rebind(CORE.limits).toConstantValue({ ...PROCESS_LIMITS, ...limits });
  });
