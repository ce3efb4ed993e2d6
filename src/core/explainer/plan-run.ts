/** Run of a plan: what the steps of one explanation share. */
import type { Engine } from '../engine/engine.ts';
import type { GraphLease } from '../plan/loader.ts';
import type { RunControl } from '../plan/run.ts';
import type { Inputs } from '../tensor/rows.ts';
import type { Plan } from './plan.ts';
import type { ExplainHooks } from './request.ts';

/** A plan that is being run. */
export interface PlanRun {
  readonly plan: Plan;
  readonly engine: Engine;
  readonly lease: GraphLease;
  readonly hooks: ExplainHooks;
  /** Counts evaluated rows and reports them. */
  readonly count: (rows: number) => void;
}

/** One row of a plan. */
export interface PlanRow {
  readonly index: number;
  /** Explained inputs, [1, ...] */
  readonly inputs: Inputs;
  /** Inputs that are held fixed. */
  readonly held: Inputs;
  /** [1, ...], or [N, ...] for a request of a single row. */
  readonly baselines: Inputs;
}

/** The signal of the hooks, or one that never aborts. */
export const signalOf = ({ signal }: ExplainHooks): AbortSignal => signal ?? new AbortController().signal;

/**
 * Control of runs of the engine.
 * @param done receives the rows of each batch
 */
export const controlOf = (hooks: ExplainHooks, done?: (rows: number) => void): RunControl => ({
  signal: signalOf(hooks),
  ...(hooks.pause && { pause: hooks.pause }),
  ...(done && { done }),
});
