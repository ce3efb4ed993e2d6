/** Composition of an explainer without the container, which small bundles do without. */
import type { Engine } from '../core/engine/engine.ts';
import type { SessionCache } from '../core/engine/session-cache.ts';
import { Explainer } from '../core/explainer/explainer.ts';
import type { ReadFile } from '../core/explainer/setup.ts';
import type { Limits } from '../core/limits.ts';
import type { MethodRegistry } from '../core/method/registry.ts';
import type { GraphCompiler } from '../core/plan/graph-compiler.ts';
import type { GraphStore } from '../core/plan/stored-graph.ts';
import type { TaskRegistry } from '../core/task/registry.ts';

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
