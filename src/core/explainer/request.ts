/** Input of an explanation: what to explain, and the callbacks that follow it. */
import type { z } from 'zod';
import type { PlacedSize } from '../image/placement.ts';
import type { Method, MethodSource, MethodState } from '../method/contract.ts';
import type { PluginEntry } from '../method/registry.ts';
import type { Features } from '../modality/modality.ts';
import type { Corrections } from '../model/corrections.ts';
import type { TargetRequest } from '../model/target-request.ts';
import type { ForwardPass } from '../plan/forward-pass.ts';
import type { BoxScore, TaskTarget } from '../task/task.ts';
import type { Inputs } from '../tensor/rows.ts';
import type { Explained } from './explanation.ts';

/** Settings of the reading of predictions. */
export interface ReadRequest {
  /** Predictions below this score are left out; the task's own default when absent. */
  readonly threshold?: number;
  /** Number that is explained for a box; `confidence` when absent. */
  readonly boxScore?: BoxScore;
  /** Size of the image that the only row was made of, for places in its pixels. */
  readonly image?: PlacedSize;
  /** Embedding to compare that of every row with; the largest components are explained when absent. */
  readonly similarTo?: ArrayLike<number>;
}

/** Request that gives the method by its value; the parameters of one made by `defineMethod` are typed. */
export interface MethodRequest<S extends z.ZodObject> extends Omit<ExplainRequest, 'method' | 'params'> {
  readonly method: Method<S>;
  readonly params?: Readonly<Partial<z.input<S>>>;
}

/** Names the method of a request by its id. */
export const namedRequest = (request: ExplainRequest | MethodRequest<z.ZodObject>): ExplainRequest => ({
  ...request,
  method: typeof request.method === 'string' ? request.method : request.method.id,
});

/** Request for an explanation of every row of the inputs. */
export interface ExplainRequest {
  /** Id of the method. */
  readonly method: string;
  /** Parameters as the client sent them; strings are parsed. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Target of every row; the top class of each row when left out. */
  readonly target?: TargetRequest;
  /**
   * Target that a task chose, in place of `target` and `scores`. In disturbed runs the number is the one that the target
   * follows.
   */
  readonly taskTarget?: TaskTarget;
  /** Scores that are explained: `logits` (default), the `output` as the graph returns it, or any tensor by name. */
  readonly scores?: string;
  /** Facts about the model that hold for this request, in place of those of its description. */
  readonly corrections?: Corrections;
  /** Non-negative safe integer; 0 when left out. */
  readonly seed?: number;
  /** Every input of the model, [N, ...]. Each of the N rows is explained by itself. */
  readonly inputs: Inputs;
  /**
   * Baselines by input name, [1, ...] for all rows or [N, ...] for one each; for a single row any number. Shapes that
   * broadcast to that of the input are spread.
   */
  readonly baselines?: Inputs;
  /**
   * Background rows of the model by input name, [M, ...] for all rows: methods that average over several baselines take
   * them in place of `baselines`.
   */
  readonly background?: Inputs;
  /** Number of top classes in the answer; 5 when left out. */
  readonly top?: number;
  /** Adds predictions as the task of the model reads them; a target may then name one of them, such as `box:2`. */
  readonly read?: ReadRequest;
  /** Features of each row, where a modality prepared the inputs: summary and predictions name them. */
  readonly features?: readonly Features[];
  /** Adds a {@link Summary} to each row, which costs one more forward row. */
  readonly summary?: boolean;
}

/** Callbacks and limits of one run. */
export interface ExplainHooks {
  readonly signal?: AbortSignal;
  /** Receives the rows evaluated so far and the rows of the whole request. */
  readonly progress?: (done: number, total: number) => void;
  /** Receives a map of a row that is correct but not yet precise. */
  readonly partial?: (row: number, explained: Explained) => void;
  /**
   * Yields to other work: `scheduler.wait(0)` in a Worker, `setImmediate` in Node. Called between batches about every
   * 25 ms, or after each one that takes longer.
   */
  readonly pause?: () => Promise<void> | undefined;
  /** Keeps work alive that other requests wait for when this one ends early. */
  readonly waitUntil?: (promise: Promise<unknown>) => void;
  /** Maximum number of rows that the request may evaluate. */
  readonly maxSamples?: number;
  /** Methods that wrapper methods may use; every built-in one when left out. */
  readonly methods?: MethodSource;
  /** Store of bytes between requests for a method, of this tenant alone; nothing is kept when left out. */
  readonly state?: (entry: PluginEntry) => MethodState;
  /** Forward pass of the same rows that has run already, see {@link Explainer.predictRows}. */
  readonly pass?: ForwardPass;
}
