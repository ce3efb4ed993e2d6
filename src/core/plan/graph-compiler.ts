/** Interface between the explainer and what makes graphs, so that a program with ready graphs carries no compiler. */
import type { Optimize } from '../autodiff/compile.ts';
import type { Engine, Session } from '../engine/engine.ts';
import type { KnownMemory } from '../engine/session-cache.ts';
import type { Model } from '../model/model.ts';
import type { ModelSource } from '../model/model-source.ts';
import type { CompileLimits } from '../onnx/compile-budget.ts';
import type { ModelBytes } from '../onnx/model-bytes.ts';
import type { RowShapes } from './bind-rows.ts';
import type { ResolvedNeeds, Variant } from './variant.ts';
import type { Work } from './work-time.ts';

/** A compiled graph: facts about it, and its file. */
export interface CompiledGraph {
  /** True if the graph holds for rows of one shape alone. */
  readonly isBound: boolean;
  /** Returns the facts about the graph under the name that it is kept by. */
  describe(key: string): Variant;
  /** Writes the file that engines load. */
  file(): ModelBytes;
  /** Prepares a session of which parts run beside the engine; undefined where the engine takes the file. */
  beside?(engine: Engine): PartialSession | undefined;
}

/** Session of which parts run beside the engine, before it is loaded. */
export interface PartialSession extends KnownMemory {
  load(): Promise<Session>;
}

/** Settings of one compilation. */
export interface CompileSettings {
  readonly optimize: Optimize;
  readonly limits: CompileLimits;
}

/** Maker of the graphs that methods need. */
export interface GraphCompiler {
  /**
   * Loads what the compiler needs, where it is not loaded with the program.
   * @param model model that will be asked about
   * @param hasGraph true if nothing has to be compiled
   */
  ready?(model: Model, hasGraph: boolean): Promise<void>;
  /** @throws WhylightError `not_differentiable`, `compilation_limit`, `unprocessable_method` where there is no such graph */
  compile(model: Model, needs: ResolvedNeeds, settings: CompileSettings): CompiledGraph;
  /**
   * Returns the floating point operations of the model itself on one row.
   * @param rows shapes of one row, for inputs whose dims the file leaves open
   */
  rowFlops(model: Model, rows: RowShapes): number;
  /** Returns the work of the model itself on one row. */
  rowWork(model: Model, rows: RowShapes | undefined): Work;
  /** Reads a further model that a method brings. @throws WhylightError `invalid_model` */
  readModel(source: ModelSource): Promise<Model>;
  /** True if a graph for these needs may be stored under its name, and so taken from a store. */
  isStorable(needs: ResolvedNeeds): boolean;
}
