/**
 * What a saliency method is. A method is a plain object made by `defineMethod`; it sees tensors, its parameters and the
 * context below, never an engine, a web framework or a container.
 */
import type { z } from 'zod';
import type { Ruleset } from '../autodiff/ruleset.ts';
import type { ModelInfo } from '../model/info.ts';
import type { Target } from '../model/target-request.ts';
import type { Random } from '../tensor/random.ts';
import type { Float32Tensors, Inputs } from '../tensor/rows.ts';

/** The version of this contract; a plugin of another version is refused when the plugins are built in. */
export const API_VERSION = 1;

export type Strategy = 'gradient' | 'activation' | 'perturbation';
export type Modality = 'image' | 'vector' | 'series' | 'tokens';

/**
 * What may hold for attributions of the input, whatever the model. `symmetry`: elements that the model treats alike and
 * that have equal values get equal attributions. `dummy`: elements on which the score does not depend get zero.
 * `linearity`: what a weighted sum of two scores gets is the weighted sum of what each of them gets. `sensitivity`: an
 * element that alone differs from the baseline, and changes the score by it, does not get zero. The names are those of
 * Sundararajan et al. 2017 (section 2), where `dummy` is sensitivity (b).
 */
export const AXIOMS = ['symmetry', 'dummy', 'linearity', 'sensitivity'] as const;
export type Axiom = (typeof AXIOMS)[number];

/** Libraries whose conventions a preset names, as presets are spelled. */
export const PRESETS = ['captum', 'pytorch_grad_cam', 'xplique', 'pair', 'zennit'] as const;
export type Preset = (typeof PRESETS)[number];

export interface Method<S extends z.ZodObject = z.ZodObject> {
  readonly apiVersion: typeof API_VERSION;
  /** The name on the wire, snake_case: `integrated_gradients`. */
  readonly id: string;
  readonly strategy: Strategy;
  /** Raised whenever the same parameters give other numbers: part of the cache key. */
  readonly revision: number;
  readonly about: About;
  /**
   * `explain` reads `ctx.score` without evaluating its own input. Whoever runs the method on other inputs than the
   * request's then evaluates these first.
   */
  readonly readsScore?: true;
  /** A flat object of scalars, enums and short arrays, each with a default and a description. */
  readonly params: S;
  /**
   * What each library that has the method chooses where libraries differ; an empty object where it agrees with all
   * defaults. The request parameter `preset` picks one.
   */
  readonly presets?: Partial<Readonly<Record<Preset, Readonly<Partial<z.input<S>>>>>>;
  /**
   * Which graph, or graphs by name, the method evaluates. Pure.
   * @throws WhylightError `unprocessable_method` when the method does not apply to this model.
   */
  needs(params: z.output<S>, model: ModelInfo, methods: MethodSource): Needs | NamedNeeds;
  /**
   * The rows that `explain` will evaluate, exactly; an upper bound for a method that may stop early. Pure.
   */
  cost(params: z.output<S>, model: ModelInfo, methods: MethodSource, given: Given): Cost;
  explain(ctx: ExplainContext<z.output<S>>): Promise<Attribution>;
}

/** What of the request, beside the parameters, may decide how much there is to evaluate. */
export interface Given {
  /** Rows of `ctx.baselines`: 0 when the request gives none. */
  readonly baselines: number;
}

/** The methods that are built in, for methods that are made of others. */
export interface MethodSource {
  /**
   * A method with its parameters, after defaults; texts are understood.
   * @throws WhylightError `method_not_found`, `invalid_request`
   */
  bind(id: string, params?: Readonly<Record<string, unknown>>): BoundMethod;
}

export interface BoundMethod {
  readonly method: Method;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface About {
  readonly title: string;
  /** One or two sentences: what the method asks of the model. */
  readonly summary: string;
  readonly paper?: {
    readonly title: string;
    readonly year: number;
    readonly url: string;
    /** Where in it the formula stands: `equation 1`, `section 3.2`. */
    readonly where?: string;
  };
  readonly modalities: readonly Modality[];
  readonly properties: {
    /** Values below zero mean evidence against the target. */
    readonly signed: boolean;
    /** The attributions add up to the score's distance from the baseline's score. */
    readonly complete: boolean;
    /** No randomness, whatever the seed. */
    readonly deterministic: boolean;
    /** Another target gives another map. */
    readonly classDiscriminative: boolean;
  };
  /** What holds with default parameters, and is tested. */
  readonly axioms?: readonly Axiom[];
}

/** One graph. An empty object is the forward graph. */
export interface Needs {
  /** Derivatives of the target's score with respect to these tensors of the graph; `'sources'`: {@link ModelInfo.sources}. */
  readonly gradients?: readonly string[] | 'sources';
  /** The table of backward rules: one that comes with whylight by its id, or the method's own; `gradient` when left out. */
  readonly ruleset?: string | Ruleset;
  /** Inner tensors whose values are wanted. */
  readonly activations?: readonly string[];
  /** Inner tensors that are fed as rows, in place of whatever computes them: to replace activations, or to walk in embedding space. */
  readonly feeds?: readonly string[];
  /** The tensor whose elements are explained, in place of the model's scores: a neuron's layer. */
  readonly scores?: string;
  /**
   * Rows are mixtures of the input and of what stands for its absence. Where there is memory for it the graph mixes them
   * ({@link ExplainContext.mixes}): it has no gradients and no feeds then.
   */
  readonly mixtures?: boolean;
}

/** Several graphs. The first is the one that `evaluate` uses unless told otherwise. */
export interface NamedNeeds {
  readonly graphs: Readonly<Record<string, Needs>>;
}

/** Counted in rows, not milliseconds: a model's profile turns one into the other. */
export interface Cost {
  /** Rows that go through a graph without derivatives. */
  readonly forwards: number;
  /** Rows that go through a graph with derivatives, its forward part included. */
  readonly backwards: number;
}

export interface Evaluation {
  /** The target's score of each row. */
  readonly scores: Float32Array;
  /** By tensor name: derivative of each row's score. */
  readonly gradients: Float32Tensors;
  /** By tensor name. */
  readonly activations: Float32Tensors;
}

export interface EvaluateOptions {
  /** Which of the {@link NamedNeeds}; the first when left out. */
  readonly graph?: string;
  /** Explains something else than the request's target: one thing for every row, or one for each. */
  readonly target?: Target | readonly Target[];
}

export interface ExplainContext<P> {
  readonly params: P;
  readonly model: ModelInfo;
  readonly methods: MethodSource;
  /** One row of each input. Evaluating this very object is free: it was evaluated to find the target. */
  readonly inputs: Inputs;
  /**
   * What the request gives for "nothing there", by input name; what is missing is up to the parameters. One row, or
   * several for methods that average over baselines.
   */
  readonly baselines: Inputs;
  /** Every row of the request, and which of them is explained: for methods that take values from other examples. */
  readonly batch: { readonly inputs: Inputs; readonly rows: number; readonly index: number };
  readonly target: Target;
  /** The target's score of the input. */
  readonly score: number;
  /** Counter-based: the same seed gives the same numbers on every machine. */
  readonly random: Random;
  readonly signal: AbortSignal;
  /** Rows that run at once: a method that makes its rows in portions of this size never holds more of them than the engine does. */
  readonly batchSize: number;
  /** Whether the engine runs beside this thread, so that it pays to make the next rows while it does. */
  readonly ahead: boolean;
  /** Whether rows may be given as weights and what is absent, `method/mixture.ts`, for the main graph to mix. */
  readonly mixes: boolean;
  /**
   * Runs rows through the graph that `needs` asked for. Any number of rows: they are packed into batches that fit. An
   * input that has one row is used for every row.
   * Progress is told from the rows done out of `cost`.
   * @throws WhylightError `aborted`; `method_failed` when more rows are evaluated than `cost` says.
   */
  evaluate(rows: Inputs, options?: EvaluateOptions): Promise<Evaluation>;
  /** Offers a map that is right but not yet precise. A function is called only if somebody wants to see it. */
  partial(attribution: Attribution | (() => Attribution)): void;
}

export interface Attribution {
  /**
   * One row each (first extent 1): by input name with the input's shape, or, for a layer attribution, by tensor name.
   * Signed unless the method or its parameters say otherwise.
   */
  readonly values: Float32Tensors;
  /**
   * How the channels of a place become its number in the map: contributions are added up, which is the default; slopes,
   * whose sum over channels means nothing, give their Euclidean length.
   */
  readonly channels?: 'sum' | 'l2';
  /** What the values are about where that is not the target's score: the value of a neuron. */
  readonly score?: number;
  readonly baselineScore?: number;
  /** Sum of the attributions minus (score - baselineScore), for complete methods. */
  readonly convergenceDelta?: number;
  /** For values that are means over random samples: how far they are off, as the root mean square over all elements. */
  readonly standardError?: number;
}
