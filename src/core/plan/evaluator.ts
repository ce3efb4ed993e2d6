/** Implementation of `ctx.evaluate`: counts rows, keeps the evaluation of the input itself, and stops a method that runs on. */

import { throwIfAborted } from '../abort.ts';
import { baselineName } from '../autodiff/reference.ts';
import { WhylightError } from '../errors.ts';
import { noScore } from '../method/attribution.ts';
import type { Cost, EvaluateOptions, Evaluation } from '../method/contract.ts';
import { argmax } from '../model/prediction.ts';
import type { ScoreSpace } from '../model/score-space.ts';
import { outputTarget, scoreOf } from '../model/target.ts';
import type { Target } from '../model/target-request.ts';
import type { Inputs } from '../tensor/rows.ts';
import { rowsOf } from '../tensor/rows.ts';
import { type Follow, followedScores } from './follow.ts';
import { needsOf, outputsOf, type RawEvaluation, type RunControl, type RunnableGraph, runRows } from './run.ts';
import { costOf, type ResolvedNeeds } from './variant.ts';

export interface EvaluatorOptions {
  readonly method: string;
  /** The method's graphs by name; the first is the main one. */
  readonly graphs: Readonly<Record<string, ResolvedNeeds>>;
  /** The plain forward graph, for predictions when the main graph cannot give them. */
  readonly forward: ResolvedNeeds;
  /** Compiles and loads what is not there yet. */
  load(needs: ResolvedNeeds): Promise<RunnableGraph>;
  /** Rows that the method said it would evaluate. */
  readonly cost: Cost;
  readonly control: RunControl;
  /** Inputs that every row is fed with beside those of the method: one row each, or shared by all rows. */
  readonly held?: Inputs;
  /** Finds an evaluation of the input in a forward pass that has run; see `recall` of `forward-pass.ts`. */
  readonly recall?: (needs: ResolvedNeeds, target?: Target) => RawEvaluation | undefined;
  /** Graphs of other models, by name. */
  readonly others?: Readonly<Record<string, OtherGraph>>;
  /** Finds the target again in other rows, where positions of the output change their meaning from row to row. */
  readonly follow?: Follow;
}

/** Graph of another model than the request's. */
export interface OtherGraph {
  readonly needs: ResolvedNeeds;
  load(): Promise<RunnableGraph>;
}

export interface Start {
  readonly target: Target;
  /** Every element of the input's scores. */
  readonly scores: Float32Array;
}

export class Evaluator {
  /** Rows that the method has evaluated so far. */
  readonly samples = { forwards: 0, backwards: 0 };
  /** Rows that ran only to find prediction and target. */
  predictions = 0;
  private readonly options: EvaluatorOptions;
  private readonly main: string;
  private remembered:
    | { readonly rows: Inputs; readonly graph: string; readonly target: Target; readonly raw: RawEvaluation }
    | undefined;
  private target: Target = { weights: [] };
  private claimed = false;
  private readonly running = new Set<Promise<unknown>>();
  /** Never comes, but fails once the method may evaluate no more. */
  private readonly end: Promise<never>;
  private fail: (error: unknown) => void = () => {};
  /** Reason why the method may evaluate no more rows. */
  private over: { readonly error: unknown } | undefined;
  private refused = false;

  constructor(options: EvaluatorOptions) {
    this.options = options;
    this.end = new Promise((_, reject) => {
      this.fail = reject;
    });
    this.end.catch(() => {});
    this.main = Object.keys(options.graphs)[0] as string;
  }

  /**
   * Evaluates the input to find prediction and target. Done in the method's own graph where that is possible, so that
   * the method gets this evaluation for nothing.
   * @param wanted the target, if it is known before the input was seen
   * @param choose the target, once it was; the top class when left out
   * @throws WhylightError `unprocessable_method` when the model answers with something that is not a number.
   */
  async start(
    inputs: Inputs,
    space: ScoreSpace,
    { wanted, choose }: { readonly wanted?: Target; readonly choose?: (scores: Float32Array) => Target } = {},
  ): Promise<Start> {
    const { control, forward, recall } = this.options;
    const needs = this.options.graphs[this.main] as ResolvedNeeds;
    const { reference = false, otherInputs = false } = needs.ruleset;
    const own =
      needs.feeds.length === 0 &&
      needs.scores === forward.scores &&
      needs.hessianVector === undefined &&
      !reference &&
      !otherInputs;
    const main = own ? needs : forward;
    const differentiates = main.gradients.length > 0;
    // A gradient that ran before the target was chosen is that of the top class.
    const whole = differentiates && choose && !wanted ? undefined : recall?.(main, wanted);
    const known = whole ?? recall?.(forward);
    const graph = known ? undefined : await this.options.load(main);
    const run = async (target: Target | undefined) =>
      runRows(graph as RunnableGraph, this.withHeld(inputs, main), target, { signal: control.signal });
    let raw = known ?? (await run(wanted));
    const scores = raw.scores.data;
    if (!scores.every(Number.isFinite)) {
      throw new WhylightError(
        'unprocessable_method',
        'The model answers this input with NaN or infinity: it cannot be explained.',
        { notFinite: true },
      );
    }
    this.target = wanted ?? choose?.(scores) ?? outputTarget(argmax(scores), space);
    this.predictions = known ? 0 : 1;
    // A row that has been counted as a prediction is not counted again when the method takes it.
    this.claimed = known !== undefined;
    if (own && (whole || graph)) {
      if (graph && differentiates && !wanted && (choose || !graph.variant.findsTopClass)) {
        raw = await run(this.target);
        this.predictions = 2;
      }
      this.remembered = { rows: inputs, graph: this.main, target: this.target, raw };
    }
    return { target: this.target, scores };
  }

  /**
   * See {@link ExplainContext.evaluate}. A method that was refused once, for too many rows or because the caller gave up,
   * never hears of its next evaluation: one that catches the error and goes on would keep the isolate busy for ever.
   */
  evaluate(rows: Inputs, options: EvaluateOptions = {}): Promise<Evaluation> {
    if (this.refused) return new Promise(() => {});
    const counted = this.evaluateNow(rows, options).then((found) => {
      checkScores(found.scores, this.options.method);
      return found;
    });
    const run = counted.catch((error: unknown) => {
      this.refused = this.over !== undefined || isFinal(error) || this.options.control.signal.aborted;
      if (this.refused) this.cutOff(error);
      throw error;
    });
    this.running.add(run);
    const done = () => void this.running.delete(run);
    run.then(done, done);
    return run;
  }

  /**
   * Waits for a method, but no longer than it is allowed to run. Ends when what is in the engine has come back, so that
   * sessions can be let go.
   * @throws what the method throws; WhylightError `method_failed` for too many rows, `aborted`
   */
  async contain<T>(work: () => Promise<T>): Promise<T> {
    const { signal } = this.options.control;
    const giveUp = (): void => {
      void this.idle().then(() => {
        try {
          throwIfAborted(signal);
        } catch (error) {
          this.cutOff(error);
        }
      });
    };
    signal.addEventListener('abort', giveUp);
    if (signal.aborted) giveUp();
    try {
      return await Promise.race([work(), this.end]);
    } finally {
      signal.removeEventListener('abort', giveUp);
      this.over ??= { error: new WhylightError('aborted', 'The explanation has ended.') };
      await this.idle();
    }
  }

  private cutOff(error: unknown): void {
    this.over ??= { error };
    this.fail(error);
  }

  private async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.allSettled(this.running);
  }

  private async evaluateNow(
    rows: Inputs,
    { graph: name = this.main, target: wanted }: EvaluateOptions,
  ): Promise<Evaluation> {
    if (this.over) throw this.over.error;
    throwIfAborted(this.options.control.signal);
    const other = this.options.others?.[name];
    if (other) return this.evaluateOther(other, rows, wanted);
    const target = wanted ?? this.target;
    const needs = this.options.graphs[name];
    if (!needs) {
      throw new WhylightError('method_failed', `Method "${this.options.method}" has no graph named "${name}".`, {
        graph: name,
      });
    }
    this.charge(needs, rows, target);
    const known = this.remembered;
    if (known && rows === known.rows && name === known.graph && target === known.target) {
      if (!this.claimed) this.predictions -= 1;
      this.claimed = true;
      this.options.control.done?.(1);
      return evaluation(known.raw, target);
    }
    if (this.options.follow && target === this.target && !Array.isArray(target) && isForward(needs, this.options)) {
      return this.followed(this.options.follow, needs, this.withHeld(rows, needs));
    }
    const fed = this.withHeld(rows, needs);
    const graph = await this.options.load(needsOf(needs, rows, target));
    return evaluation(await runRows(graph, fed, target, this.options.control), target);
  }

  /** Rows of another model, which has inputs and scores of its own. */
  private async evaluateOther(
    { needs, load }: OtherGraph,
    rows: Inputs,
    target: Target | readonly Target[] | undefined,
  ): Promise<Evaluation> {
    this.charge(needs, rows, target);
    return evaluation(await runRows(await load(), rows, target, this.options.control), target);
  }

  private withHeld(rows: Inputs, { ruleset }: ResolvedNeeds): Inputs {
    const { held = {} } = this.options;
    const entries = Object.entries(held);
    if (entries.length === 0) return rows;
    // A graph that runs the baseline beside the input holds the same values fixed in both.
    const twin = ruleset.reference ? Object.fromEntries(entries.map(([name, own]) => [baselineName(name), own])) : {};
    return { ...held, ...twin, ...rows };
  }

  /** Scores by what the target follows, from all outputs of the same run. */
  private async followed(follow: Follow, needs: ResolvedNeeds, rows: Inputs): Promise<Evaluation> {
    const activations = [...new Set([...needs.activations, ...follow.outputs])].sort();
    const graph = await this.options.load({ ...needs, activations });
    const raw = await runRows(graph, rows, undefined, this.options.control);
    const scores = followedScores(follow, outputsOf(raw, needs.scores));
    return { scores, gradients: {}, activations: raw.activations, hessianVectors: {} };
  }

  private charge(needs: ResolvedNeeds, rows: Inputs, target: Target | readonly Target[] | undefined): void {
    const { cost, method } = this.options;
    const targets = Array.isArray(target) ? target.length : 1;
    const { forwards, backwards } = costOf(needs, Math.max(targets, ...Object.values(rows).map(rowsOf)));
    this.samples.forwards += forwards;
    this.samples.backwards += backwards;
    if (this.samples.forwards <= cost.forwards && this.samples.backwards <= cost.backwards) return;
    throw new WhylightError(
      'method_failed',
      `Method "${method}" evaluates more rows than its cost says: ${rowsText(this.samples)} up to here, where cost() says ${rowsText(cost)}.`,
      { method, cost, samples: { ...this.samples } },
    );
  }
}

const rowsText = ({ forwards, backwards }: Cost): string => `${forwards} forward and ${backwards} backward`;

/** @throws WhylightError `unprocessable_method` where the model has no number for what a baseline makes of the input */
function checkScores(scores: ArrayLike<number>, method: string): void {
  let missing = 0;
  for (let row = 0; row < scores.length; row++) if (!Number.isFinite(scores[row])) missing += 1;
  if (missing > 0) throw noScore(method, `${missing} of ${scores.length}`);
}

/** True if the method has used up its rows. */
const isFinal = (error: unknown): boolean => WhylightError.is(error, 'method_failed') && 'samples' in error.details;

/** Tells if rows run through the model as it is, with nothing to differentiate. */
const isForward = ({ gradients, feeds, scores }: ResolvedNeeds, { forward }: EvaluatorOptions): boolean =>
  gradients.length === 0 && feeds.length === 0 && scores === forward.scores;

/** @param target largest score of each row when left out */
function evaluation(
  { scores, gradients, activations, hessianVectors = {} }: RawEvaluation,
  target: Target | readonly Target[] | undefined,
): Evaluation {
  const count = rowsOf(scores);
  const size = scores.data.length / count;
  const weighted = Float32Array.from({ length: count }, (_, i) => {
    const row = scores.data.subarray(i * size, (i + 1) * size);
    return target === undefined
      ? (row[argmax(row)] as number)
      : scoreOf(Array.isArray(target) ? target[i] : target, row);
  });
  return { scores: weighted, gradients, activations, hessianVectors };
}
