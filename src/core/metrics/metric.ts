/**
 * Contract of metrics. A metric reads one explanation, may run the model on changed inputs or the method on a changed
 * request, and returns one number. Like a method it is a plain object without access to an engine.
 */
import type { z } from 'zod';
import type { ExplainedRow } from '../explainer/explanation.ts';
import type { Cost } from '../method/contract.ts';
import type { BoundInfo, Model } from '../model/model.ts';
import type { Target } from '../model/target-request.ts';
import type { Random } from '../tensor/random.ts';
import type { Inputs } from '../tensor/rows.ts';
import type { Region } from './region.ts';

/** Version of the metric contract. */
export const METRIC_API_VERSION = 1;

/**
 * Metric of an explanation, such as `deletion`.
 * @see docs/plugins.md
 */
export interface Metric<S extends z.ZodObject = z.ZodObject> {
  readonly apiVersion: typeof METRIC_API_VERSION;
  /** Raised whenever the same parameters give other numbers; 1 when left out. */
  readonly revision?: number;
  /** The name on the wire, snake_case: `deletion`. */
  readonly id: string;
  readonly about: MetricAbout;
  /** A flat object of scalars, enums and short arrays, each with a default and a description. */
  readonly params: S;
  /** It needs to be told where the object is. */
  readonly needsRegion?: boolean;
  /**
   * The rows that `measure` will evaluate, exactly; an upper bound where superpixels of the image decide. Pure.
   * @throws WhylightError `unprocessable_method` when the metric does not apply to this model.
   */
  cost(params: z.output<S>, subject: MetricSubject): Cost;
  /** @throws WhylightError `unprocessable_method` when the metric says nothing of this explanation. */
  measure(ctx: MetricContext<z.output<S>>): Promise<Measurement>;
}

export interface MetricAbout {
  readonly title: string;
  /** One or two sentences: what the number tells. */
  readonly summary: string;
  readonly paper?: { readonly title: string; readonly year: number; readonly url: string };
  /** Direction of better values; `neither` for a number that only describes. */
  readonly better: 'higher' | 'lower' | 'neither';
}

/** Facts that the cost of a metric depends on. */
export interface MetricSubject {
  readonly model: Model;
  /** Facts about the model, with the words, columns or windows of the row where a modality read it. */
  readonly info: BoundInfo;
  /** Rows that the explanation of a single row takes. */
  readonly explanation: Cost;
}

/** Context of the measurement of one row: parameters, random numbers, and access to the model and the method. */
export interface MetricContext<P> extends MetricSubject {
  readonly params: P;
  /** One row of each input. */
  readonly inputs: Inputs;
  /** Explained row that is measured. */
  readonly row: ExplainedRow;
  readonly region?: Region;
  /** Baselines of the request, by input name. */
  readonly baselines: Inputs;
  /** Models with shuffled layers, in place of those that a metric makes; see {@link MeasureOptions.randomised}. */
  readonly randomised?: readonly Model[];
  /** A sequence of the row's own; `random.at(i)` is the same for every row. */
  readonly random: Random;
  /** The model's answers to these rows, for the explained target. */
  answers(rows: Inputs): Promise<Answers>;
  /** The same question to the method, with something changed; the target stays unless said otherwise. */
  explain(change: { inputs?: Inputs; target?: Target; model?: Model }): Promise<ExplainedRow>;
}

/** One element for each row. */
export interface Answers {
  /** The target's score. */
  readonly scores: Float64Array;
  /** The target's probability; the score where there is no such thing. */
  readonly probabilities: Float64Array;
  /**
   * Class that wins: the largest element of the scores, or the class at the place of the target; 1 for a box that is
   * found, 0 for one that is not. Absent where the target has no rivals: a value, a span, a cosine.
   */
  readonly winners?: Int32Array;
}

export interface Measurement {
  readonly score: number;
  /** Curve whose area or mean is the score. */
  readonly curve?: Curve;
}

export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** Metric as its author writes it: `apiVersion` is that of this version of whylight when left out. */
export type MetricDefinition<S extends z.ZodObject = z.ZodObject> = Omit<Metric<S>, 'apiVersion'> &
  Partial<Pick<Metric, 'apiVersion'>>;

/**
 * Defines a metric. The type of its parameters follows from their schema.
 * @returns the definition, frozen
 *
 * @example
 * import { defineMetric, z } from 'whylight/plugin';
 * export default defineMetric({
 *   id: 'largest_share', about, params: z.object({}),
 *   cost: () => ({ forwards: 0, backwards: 0 }),
 *   measure: async ({ row }) => ({ score: largestShare(Object.values(row.values)) }),
 * });
 */
export const defineMetric = <S extends z.ZodObject>(definition: MetricDefinition<S>): Metric<S> =>
  Object.freeze({ apiVersion: METRIC_API_VERSION, ...definition });
