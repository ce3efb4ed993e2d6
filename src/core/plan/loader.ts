/** From a method's needs to a session that is ready to run. */
import type { Optimize } from '../autodiff/compile.ts';
import type { Engine, Session, Tensors } from '../engine/engine.ts';
import type { Lease, LoadedSession, LoadWait, SessionCache, WaitUntil } from '../engine/session-cache.ts';
import type { Model } from '../model/model.ts';
import type { CompileLimits } from '../onnx/compile-budget.ts';
import type { ModelBytes } from '../onnx/model-bytes.ts';
import { rowsOf } from '../tensor/rows.ts';
import { hasOpenShapes, type RowShapes } from './bind-rows.ts';
import type { CompiledGraph, GraphCompiler } from './graph-compiler.ts';
import { batchSize } from './machine-memory.ts';
import type { RunnableGraph } from './run.ts';
import { type GraphStore, restoreFile, type StoredGraph, storedVariant, storeGraph } from './stored-graph.ts';
import { type ResolvedNeeds, rowElements, type Variant, variantKey } from './variant.ts';

export interface LoaderOptions {
  readonly engine: Engine;
  readonly sessions: SessionCache;
  /** Bytes that the tensors of a batch may take. */
  readonly memoryBudget: number;
  /** The most rows that run at once, whatever the memory. */
  readonly maxBatch: number;
  readonly optimize: Optimize;
  readonly compilation: CompileLimits;
  readonly compiler: GraphCompiler;
  /** Store of compiled graphs, for processes that live for a short time. */
  readonly graphs?: GraphStore | undefined;
  /** Milliseconds, from any origin. */
  readonly clock: () => number;
}

/** Time spent, in milliseconds. */
export interface LoadTimings {
  compile: number;
  session: number;
  /** In the engine's runs alone, all of them added up. */
  engine: number;
}

export const noTimings = (): LoadTimings => ({ compile: 0, session: 0, engine: 0 });

/** Graphs that one explanation holds on to; {@link release} gives their sessions back to the cache. */
export class GraphLease {
  private readonly loader: GraphLoader;
  private readonly model: Model;
  private readonly timings: LoadTimings;
  private readonly waiting: LoadWait;
  private held = new Map<string, { readonly graph: RunnableGraph; readonly lease: Lease }>();
  /** Names of the graphs that were loaded: a method asks for the same one row after row. */
  private readonly keys = new WeakMap<ResolvedNeeds, string>();
  private overlap = { runs: 0, since: 0 };

  constructor(loader: GraphLoader, model: Model, timings: LoadTimings, waiting: LoadWait = {}) {
    this.loader = loader;
    this.model = model;
    this.timings = timings;
    this.waiting = waiting;
  }

  /** Facts about a graph; it is compiled if it is new, but not loaded. */
  describe(needs: ResolvedNeeds): Variant {
    return this.loader.describe(this.model, needs, this.timings);
  }

  /** A lease on graphs of the same model with further tensors; it is released together with this one. */
  extendedTo(model: Model): GraphLease {
    const lease = new GraphLease(this.loader, model, this.timings, this.waiting);
    lease.held = this.held;
    lease.overlap = this.overlap;
    return lease;
  }

  /** Floating point operations of the model itself on rows of these shapes. */
  rowFlops(rows: RowShapes): number {
    return this.loader.rowFlops(this.model, rows);
  }

  /** Looks for a graph in the store, so that nothing is compiled where it is. */
  prepare(needs: ResolvedNeeds): Promise<void> {
    return this.loader.prepare(this.model, needs, this.waiting);
  }

  async load(wanted: ResolvedNeeds): Promise<RunnableGraph> {
    const loadedBefore = this.held.get(this.keys.get(wanted) ?? '');
    if (loadedBefore) return loadedBefore.graph;
    const needs = this.loader.fitting(this.model, wanted);
    await this.loader.settle(this.model, needs, this.timings, this.waiting);
    const key = this.loader.keyOf(this.model, needs);
    this.keys.set(wanted, key);
    const known = this.held.get(key);
    if (known) return known.graph;
    const loaded = await this.loader.load(this.model, needs, this.timings, this.waiting);
    const twice = this.held.get(key);
    if (twice) {
      loaded.lease.release();
      return twice.graph;
    }
    const { graph, lease } = loaded;
    const timed = { ...graph, session: this.timed(graph, lease) };
    this.held.set(key, { graph: timed, lease });
    return timed;
  }

  private timed({ session, variant }: RunnableGraph, lease: Lease): Session {
    const { timings, loader } = this;
    // Runs that overlap take the time once.
    const { overlap } = this;
    return {
      async run(feeds, fetches, options) {
        if (overlap.runs++ === 0) overlap.since = loader.clock();
        lease.used(variant.rowBytes * maxRows(feeds));
        try {
          return await session.run(feeds, fetches, options);
        } finally {
          if (--overlap.runs === 0) timings.engine += loader.clock() - overlap.since;
        }
      },
      release: () => session.release(),
    };
  }

  release(): void {
    for (const { lease } of this.held.values()) lease.release();
    this.held.clear();
  }
}

/** Rows of a run: inputs that all rows share have fewer. */
const maxRows = (feeds: Tensors): number => Math.max(...Object.values(feeds).map(rowsOf));

export class GraphLoader {
  private readonly options: LoaderOptions;
  /** The last graph that was only described: most often it is loaded next. */
  private described: { readonly key: string; readonly graph: CompiledGraph } | undefined;
  private readonly variants = new WeakMap<Model, Map<string, Variant>>();
  /** Graphs out of the store that are about to be loaded. */
  private readonly restored = new Map<string, StoredGraph>();
  /** Names of graphs, without shapes, that hold for rows of one shape alone. */
  private readonly bound = new Set<string>();

  constructor(options: LoaderOptions) {
    this.options = options;
  }

  get clock(): () => number {
    return this.options.clock;
  }

  rowFlops(model: Model, rows: RowShapes): number {
    return this.options.compiler.rowFlops(model, rows);
  }

  lease(model: Model, timings: LoadTimings, waiting?: LoadWait): GraphLease {
    return new GraphLease(this, model, timings, waiting);
  }

  /** The needs that this model and engine can meet: where rows are not broadcast, several targets need no other graph. */
  fitting({ fixedBatch }: Model, needs: ResolvedNeeds): ResolvedNeeds {
    const { severalTargets = false, ...others } = needs;
    const isBroadcast = fixedBatch === undefined && this.options.engine.mixesRows;
    return severalTargets && !isBroadcast ? others : needs;
  }

  /** The graph's name, here and in the cache of sessions. */
  keyOf(model: Model, needs: ResolvedNeeds): string {
    const key = variantKey(model, needs, this.options.optimize);
    return this.bound.has(key) ? `${key}/${JSON.stringify(needs.inputDims)}` : key;
  }

  /** Compiles a gradient that may hold for rows of one shape alone, so that its name is known. */
  async settle(model: Model, needs: ResolvedNeeds, timings: LoadTimings, waiting: LoadWait): Promise<void> {
    if (needs.gradients.length === 0 || !hasOpenShapes(model.graph)) return;
    if (!this.variants.get(model)?.has(this.keyOf(model, needs))) await this.prepare(model, needs, waiting);
    this.describe(model, needs, timings);
  }

  /**
   * The graph, compiled and loaded if it is not in the cache. The caller gives the lease back.
   * @throws WhylightError `not_differentiable`, `compilation_limit`, `unsupported_operator`
   */
  async load(
    model: Model,
    needs: ResolvedNeeds,
    timings: LoadTimings,
    waiting: LoadWait = {},
  ): Promise<{ graph: RunnableGraph; lease: Lease }> {
    const { sessions, clock } = this.options;
    await this.settle(model, needs, timings, waiting);
    const key = this.keyOf(model, needs);
    const lease = await sessions.acquire(
      key,
      async (makeRoom) => {
        const { bytes, open } = await this.opener(model, needs, timings, waiting);
        await makeRoom(bytes);
        const started = clock();
        const session = await open();
        timings.session += clock() - started;
        return { session, bytes };
      },
      waiting,
    );
    // The session may be there since another reading of the same model.
    if (!this.variants.get(model)?.has(key)) await this.prepare(model, needs, waiting);
    const variant = this.describe(model, needs, timings);
    // Where the model leaves dims open, the rows may be larger now than when the graph was compiled.
    const scale = rowElements(needs) / rowElements(variant);
    const rowBytes = variant.rowBytes * scale;
    const targetsAtOnce = this.targetsAtOnce(rowBytes, variant.bytesPerTarget && variant.bytesPerTarget * scale);
    const graph: RunnableGraph = {
      // Echoes need no other graph, so the same one serves needs that differ in them.
      variant: { ...variant, echoes: needs.echoes },
      session: lease.session,
      scoreDims: needs.scoreDims,
      batchSize: this.batchSize(model, rowBytes),
      fixed: model.fixedBatch !== undefined,
      ...(targetsAtOnce !== undefined && { targetsAtOnce }),
    };
    return { graph, lease };
  }

  /** Prepares a session: of a file, stored or compiled, or in parts where the engine does not take all of the graph. */
  private async opener(model: Model, needs: ResolvedNeeds, timings: LoadTimings, waiting: LoadWait): Promise<Opener> {
    const { engine } = this.options;
    const key = this.keyOf(model, needs);
    const restored = await this.restoredFile(model, needs, waiting);
    // A stored file may not fit.
    if (!restored) await this.options.compiler.ready?.(model, false);
    const compiled = restored ? undefined : (this.takeDescribed(key) ?? this.compile(model, needs, timings));
    const parts = compiled?.beside?.(engine);
    if (parts) return { bytes: parts, open: () => parts.load() };
    const file = restored ?? (compiled as CompiledGraph).file();
    const { rowBytes = 0 } = this.variants.get(model)?.get(key) ?? {};
    const bytes = { ...file, rows: this.batchSize(model, rowBytes) };
    const open = async (): Promise<Session> => {
      const session = await engine.load(bytes);
      if (!restored) this.keep(model, needs, file, waiting);
      return session;
    };
    return { bytes, open };
  }

  /** Rows that run at once. */
  batchSize({ fixedBatch }: Model, rowBytes: number): number {
    const { memoryBudget, maxBatch, engine } = this.options;
    return fixedBatch ?? batchSize(rowBytes, memoryBudget, maxBatch, engine.workingSet);
  }

  /** Targets of one row that run at once; undefined where they do not share their forward pass. */
  private targetsAtOnce(rowBytes: number, bytesPerTarget: number | undefined): number | undefined {
    const { memoryBudget, maxBatch, engine } = this.options;
    if (bytesPerTarget === undefined || !engine.mixesRows) return undefined;
    return batchSize(bytesPerTarget, memoryBudget - rowBytes + bytesPerTarget, maxBatch, engine.workingSet);
  }

  /** Facts about a graph that was compiled or restored before. */
  known(model: Model, needs: ResolvedNeeds): Variant | undefined {
    return this.variants.get(model)?.get(this.keyOf(model, needs));
  }

  /** Facts about the compiled graph; compiles it if that has not happened for this model object yet. */
  describe(model: Model, needs: ResolvedNeeds, timings: LoadTimings = noTimings()): Variant {
    const key = this.keyOf(model, needs);
    const known = this.variants.get(model)?.get(key);
    if (known) return known;
    const graph = this.compile(model, needs, timings);
    const own = this.keyOf(model, needs);
    this.described = { key: own, graph };
    return this.variants.get(model)?.get(own) as Variant;
  }

  /**
   * Looks for a graph that is not known yet in the store, and loads the compiler where it is not there. {@link describe} then
   * has the facts about the graph, and {@link load} its file.
   */
  async prepare(model: Model, needs: ResolvedNeeds, { waitUntil = ignored }: LoadWait = {}): Promise<void> {
    const hasGraph = await this.restore(model, needs, waitUntil);
    await this.options.compiler.ready?.(model, hasGraph);
  }

  /** Looks for a graph in the store. @returns true if it need not be compiled */
  private async restore(model: Model, needs: ResolvedNeeds, waitUntil: WaitUntil): Promise<boolean> {
    const key = this.keyOf(model, needs);
    const { graphs, compiler } = this.options;
    const known = this.restored.get(key);
    // Another description of the same model may have asked for it.
    if (known && !this.variants.get(model)?.has(key)) this.remember(model, storedVariant(known, needs, key));
    if (known || this.described?.key === key) return true;
    if (!graphs || !compiler.isStorable(needs)) return false;
    const stored = await graphs.get(storeKey(model, key), waitUntil);
    if (!stored) return false;
    if (!this.variants.get(model)?.has(key)) this.remember(model, storedVariant(stored, needs, key));
    for (const oldest of this.restored.keys()) if (this.restored.size >= MAX_RESTORED) this.restored.delete(oldest);
    this.restored.set(key, stored);
    return true;
  }

  /** The file of a graph out of the store; undefined where it has to be compiled. */
  private async restoredFile(model: Model, needs: ResolvedNeeds, waiting: LoadWait): Promise<ModelBytes | undefined> {
    const key = this.keyOf(model, needs);
    await this.prepare(model, needs, waiting);
    const stored = this.restored.get(key);
    this.restored.delete(key);
    return stored && restoreFile(stored, model);
  }

  /** Stores a graph that was compiled. The answer does not wait for it. */
  private keep(model: Model, needs: ResolvedNeeds, file: ModelBytes, { waitUntil = ignored }: LoadWait): void {
    const key = this.keyOf(model, needs);
    const { graphs, compiler } = this.options;
    const variant = this.variants.get(model)?.get(key);
    if (!graphs || !variant || !compiler.isStorable(needs)) return;
    const stored = storeGraph(variant, file, model);
    if (stored) waitUntil(graphs.put(storeKey(model, key), stored, waitUntil));
  }

  private remember(model: Model, variant: Variant): void {
    const variants = this.variants.get(model) ?? new Map<string, Variant>();
    this.variants.set(model, variants.set(variant.key, variant));
  }

  private takeDescribed(key: string): CompiledGraph | undefined {
    const { described } = this;
    if (described?.key !== key) return undefined;
    this.described = undefined;
    return described.graph;
  }

  private compile(model: Model, needs: ResolvedNeeds, timings: LoadTimings): CompiledGraph {
    const started = this.options.clock();
    const { optimize, compilation: limits, compiler } = this.options;
    const graph = compiler.compile(model, needs, { optimize, limits });
    if (graph.isBound) this.bound.add(variantKey(model, needs, optimize));
    this.remember(model, graph.describe(this.keyOf(model, needs)));
    timings.compile += this.options.clock() - started;
    return graph;
  }
}

/** A session that is about to be loaded. */
interface Opener {
  readonly bytes: LoadedSession['bytes'];
  open(): Promise<Session>;
}

/** Graphs out of the store that wait to be loaded, at most: those of one method. */
const MAX_RESTORED = 4;

/** Name of a graph in a store: the same file gives other graphs where its rows are said to be elsewhere. */
export const storeKey = ({ places }: Model, key: string): string => `${key} ${JSON.stringify(places)}`;

const ignored = (): void => {};
