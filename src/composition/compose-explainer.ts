/** Composition of an explainer with parts of its own and the compiler, without the container. */
import type { Engine } from '../core/engine/engine.ts';
import { SessionCache } from '../core/engine/session-cache.ts';
import type { Explainer } from '../core/explainer/explainer.ts';
import { type Limits, PROCESS_LIMITS } from '../core/limits.ts';
import { MethodRegistry, type PluginEntry } from '../core/method/registry.ts';
import { graphCompiler } from '../core/plan/compile-variant.ts';
import { TaskRegistry } from '../core/task/registry.ts';
import type { Task } from '../core/task/task.ts';
import { type ExplainerParts, explainerOf } from './explainer.ts';

/** Parts that {@link composeExplainer} takes. */
export interface ComposedParts extends Pick<ExplainerParts, 'readFile'> {
  readonly plugins: readonly PluginEntry[];
  /** True if the plugins were checked when they were built or loaded; they are checked when left out. */
  readonly checked?: boolean;
  readonly tasks?: readonly Task[];
}

/**
 * Makes an explainer with parts of its own.
 * @param limits replace single limits of `PROCESS_LIMITS`
 * @throws WhylightError `invalid_config` for methods that break the contract, ids that are taken, or wrong defaults
 *
 * @example
 * const explainer = composeExplainer(engine, { plugins: [{ method: saliency }] });
 */
export function composeExplainer(
  engine: Engine,
  { plugins, checked = false, tasks = [], readFile }: ComposedParts,
  limits: Partial<Limits> = {},
): Explainer {
  const combined = { ...PROCESS_LIMITS, ...limits };
  return explainerOf({
    engine,
    sessions: new SessionCache(combined.sessionBytes),
    methods: new MethodRegistry(plugins, { checked }),
    tasks: new TaskRegistry(tasks),
    limits: combined,
    clock: () => performance.now(),
    compiler: graphCompiler,
    readFile,
  });
}
