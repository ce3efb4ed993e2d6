/** Parts and settings of an {@link Explainer}. */
import type { Optimize } from '../autodiff/compile.ts';
import type { Engine } from '../engine/engine.ts';
import type { SessionCache } from '../engine/session-cache.ts';
import type { MethodRegistry } from '../method/registry.ts';
import type { CompileLimits } from '../onnx/compile-budget.ts';
import type { GraphCompiler } from '../plan/graph-compiler.ts';
import type { GraphStore } from '../plan/stored-graph.ts';
import type { TaskRegistry } from '../task/registry.ts';
import type { ReadFile } from './setup.ts';

export interface ExplainerOptions {
  readonly engine: Engine;
  /** Bounded cache of sessions, shared by everything that uses the engine. */
  readonly sessions: SessionCache;
  readonly methods: MethodRegistry;
  /** Tasks that answers are read by; no predictions without any. */
  readonly tasks?: TaskRegistry;
  /** Maximum size in bytes of the tensors of a batch; 64 MiB by default. */
  readonly memoryBudget?: number;
  /** Maximum number of rows that run at once; 32 by default. */
  readonly maxBatch?: number;
  /** Resource that compiled gradients save at the cost of the other; `memory` by default. Results agree to rounding. */
  readonly optimize?: Optimize;
  /** Upper bounds on one compilation; those of a process by default. */
  readonly compilation?: CompileLimits;
  /** Maker of graphs: {@link graphCompiler}, or that of a prepared model. */
  readonly compiler: GraphCompiler;
  /** Store of compiled graphs, for processes that live for a short time; every graph is compiled when left out. */
  readonly graphs?: GraphStore | undefined;
  /** Reader of files of methods that are named by their paths; without it, such files are refused. */
  readonly readFile?: ReadFile | undefined;
  /** Clock in milliseconds, from any origin. */
  readonly clock?: () => number;
  /** True if the clock advances while code runs, so that runs tell how long a model takes; false in an isolate. */
  readonly measures?: boolean;
}
