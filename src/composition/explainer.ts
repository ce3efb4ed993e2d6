/** Composition of an explainer without the container, which small bundles do without. */
import type { Engine } from '../core/engine/engine.ts';
import { SessionCache } from '../core/engine/session-cache.ts';
import { Explainer } from '../core/explainer/explainer.ts';
import type { ReadFile } from '../core/explainer/setup.ts';
import { type Limits, PROCESS_LIMITS } from '../core/limits.ts';
import { MethodRegistry, type PluginEntry } from '../core/method/registry.ts';
import { graphCompiler } from '../core/plan/compile-variant.ts';
import type { GraphCompiler } from '../core/plan/graph-compiler.ts';
import type { GraphStore } from '../core/plan/stored-graph.ts';
import { TaskRegistry } from '../core/task/registry.ts';
import type { Task } from '../core/task/task.ts';

/** Parts that an explainer is made of. */
export interface ExplainerParts {
  readonly engine: Engine;
  readonly sessions: SessionCache;
  readonly methods: MethodRegistry;
  readonly tasks: TaskRegistry;
  readonly limits: Limits;
  /** Timer for durations: milliseconds, from any origin. */
  readonly clock: () => number;
  readonly compiler: GraphCompiler;
  /** Reader of files of methods by their paths; such files are refused when left out. */
  readonly readFile?: ReadFile | undefined;
  /** Store of compiled graphs; every graph is compiled when left out. */
  readonly graphs?: GraphStore | undefined;
}

/** Makes an explainer of its parts; the container of `core.ts` does so as well. */
export const explainerOf = ({ limits, ...parts }: ExplainerParts): Explainer => {
  const { memoryBudget, maxBatch, optimize, measures, compilation } = limits;
  return new Explainer({ ...parts, memoryBudget, maxBatch, optimize, measures, compilation });
};

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
