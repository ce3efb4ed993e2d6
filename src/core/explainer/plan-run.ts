/** Run of a plan: what the steps of one explanation share. */
import type { Engine } from '../engine/engine.ts';
import type { GraphLease } from '../plan/loader.ts';
import type { RunControl } from '../plan/run.ts';
import { type Inputs, rowOf } from '../tensor/rows.ts';
import type { Plan } from './plan.ts';
import type { ExplainHooks } from './request.ts';
import type { Setups } from './setup.ts';

/** A plan that is being run. */
export interface PlanRun {
  readonly plan: Plan;
  readonly engine: Engine;
  readonly lease: GraphLease;
  readonly hooks: ExplainHooks;
  readonly setups: Setups;
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

/** The part of a plan that its rows are taken from. */
type RowsOfPlan = Pick<Plan, 'inputs' | 'info' | 'model'>;

/** The explained inputs of one row, and those that are held fixed: a row of each, or the whole of a shared one. */
export function splitHeld({ inputs, info, model }: RowsOfPlan, index: number): { explained: Inputs; held: Inputs } {
  const isHeld = (name: string): boolean => info.held.some((input) => input.name === name);
  const isShared = (name: string): boolean => model.places[name] === 'whole';
  const pick = (keep: (name: string) => boolean): Inputs =>
    Object.fromEntries(Object.entries(inputs).filter(([name]) => keep(name)));
  return {
    explained: rowOf(
      pick((name) => !isHeld(name)),
      index,
    ),
    held: {
      ...rowOf(
        pick((name) => isHeld(name) && !isShared(name)),
        index,
      ),
      ...pick(isShared),
    },
  };
}

/** All inputs of one row. */
export function rowInputs(plan: RowsOfPlan, index: number): Inputs {
  const { explained, held } = splitHeld(plan, index);
  return { ...held, ...explained };
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
