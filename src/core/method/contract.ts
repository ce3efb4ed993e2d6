/**
 * Contract of saliency methods. A method is a plain object made by `defineMethod`; it sees tensors, its parameters and the
 * context below, never an engine, a web framework or a container.
 */
import type { z } from 'zod';
import type { Ruleset } from '../autodiff/ruleset.ts';
import type { ModelInfo } from '../model/info.ts';
import type { ModelSource } from '../model/model-source.ts';
import type { Target } from '../model/target-request.ts';
import type { Random } from '../tensor/random.ts';
import type { Float32Tensors, Inputs } from '../tensor/rows.ts';
import type { ResultDeclarations, Results } from './results.ts';

/**
 * Version of the plugin contract. A plugin of another version is refused when the plugins are built in.
 *
 * @example
 * import { API_VERSION, defineMethod } from 'whylight/plugin';
 * export default defineMethod({ apiVersion: API_VERSION, ...definition });
 */
export const API_VERSION = 1;

/** Family of a method, by its use of the model: derivatives, inner values, or scores of changed inputs. */
export type Strategy = 'gradient' | 'activation' | 'perturbation';
/** Kinds of input that a method may apply to. */
export const MODALITIES = ['image', 'vector', 'series', 'tokens'] as const;
export type Modality = (typeof MODALITIES)[number];

/**
 * Axioms for attributions of the input that hold for every model. `symmetry`: elements that the model treats alike and
 * that have equal values get equal attributions. `dummy`: elements on which the score does not depend get zero.
 * `linearity`: what a weighted sum of two scores gets is the weighted sum of what each of them gets. `sensitivity`: an
 * element that alone differs from the baseline, and changes the score by it, does not get zero. The names are those of
 * Sundararajan et al. 2017 (section 2), where `dummy` is sensitivity (b).
 */
export const AXIOMS = ['symmetry', 'dummy', 'linearity', 'sensitivity'] as const;
/** Name of an axiom: an entry of {@link AXIOMS}. */
export type Axiom = (typeof AXIOMS)[number];

/** Libraries whose conventions a preset names, as presets are spelled. */
export const PRESETS = ['captum', 'pytorch_grad_cam', 'xplique', 'pair', 'zennit', 'lxt'] as const;
/** Name of a library whose conventions a preset follows: an entry of {@link PRESETS}. */
export type Preset = (typeof PRESETS)[number];

/**
 * Saliency method: its description, parameters, needs and cost, and the function that explains one row.
 *
 * @example
 * import { API_VERSION, type Method, z } from 'whylight/plugin';
 * const method: Method = {
 *   apiVersion: API_VERSION, id: 'slope', revision: 1, strategy: 'gradient', about, params: z.object({}),
 *   needs: () => ({ gradients: 'sources' }), cost: () => ({ forwards: 0, backwards: 1 }),
 *   explain: async (ctx) => ({ values: (await ctx.evaluate(ctx.inputs)).gradients }),
 * };
 * @see docs/plugins.md
 */
export interface Method<S extends z.ZodObject = z.ZodObject> {
  readonly apiVersion: typeof API_VERSION;
  /** The name on the wire, snake_case: `integrated_gradients`. */
  readonly id: string;
  readonly strategy: Strategy;
  /** Raised whenever the same parameters give other numbers: part of the cache key. */
  readonly revision: number;
  readonly about: About;
  /**
   * True if `explain` reads `ctx.score` without evaluating its own input. A wrapper that runs the method on other inputs
   * than the request's then evaluates these first.
   */
  readonly readsScore?: true;
  /** True if `explain` ends with its default parameters, too, when it knows enough: the cost is then an upper bound. */
  readonly stopsEarly?: true;
  /**
   * Tells that the method works with several baselines, and so takes the background rows of a model in place of one
   * row: all of them, or so many at most, spread evenly over them.
   */
  readonly background?: true | number;
  /** Number that a target of a task is followed by in changed inputs, where the task has it; the target's own when left out. */
  readonly follows?: 'similarity';
  /**
   * Loads data and further models, once for each process and entry, before the method first runs.
   * @throws WhylightError `invalid_config` for a file that the entry does not name
   */
  setup?(tools: SetupTools): Promise<MethodSetup>;
  /** Kinds of results that the method may return beside its values, each with a phrase that says what it is. */
  readonly returns?: ResultDeclarations;
  /** A flat object of scalars, enums and short arrays, each with a default and a description. */
  readonly params: S;
  /**
   * Parameter values of each library that has the method, where libraries differ; an empty object where it agrees with
   * all defaults. The request parameter `preset` picks one.
   */
  readonly presets?: Partial<Readonly<Record<Preset, Readonly<Partial<z.input<S>>>>>>;
  /**
   * Returns the graph, or the graphs by name, that the method evaluates. Pure.
   * @throws WhylightError `unprocessable_method` when the method does not apply to this model.
   */
  needs(params: z.output<S>, model: ModelInfo, methods: MethodSource): Needs | NamedNeeds;
  /**
   * Returns the number of rows that `explain` will evaluate; an upper bound for a method that may stop early. Pure.
   */
  cost(params: z.output<S>, model: ModelInfo, methods: MethodSource, given: Given): Cost;
  /**
   * Explains one row.
   * @throws WhylightError of a code that describes the request or the run; any other error is reported as `method_failed`
   */
  explain(ctx: ExplainContext<z.output<S>>): Promise<Attribution>;
}

/** Access of {@link Method.setup} to what the operator has configured. */
export interface SetupTools {
  /**
   * Reads one of the `files` of the method's entry in `plugins.config.json` or in `createEdge`.
   * @throws WhylightError `invalid_config` for a name that the entry does not have
   */
  file(name: string): Promise<Uint8Array>;
}

/** Result of {@link Method.setup}, shared by all requests. */
export interface MethodSetup {
  /** Data that `explain` finds as `ctx.data`. It must not be changed afterwards. */
  readonly data?: unknown;
  /** ONNX files by name, for graphs of `needs` with a `model`. */
  readonly models?: Readonly<Record<string, Uint8Array | ModelSource>>;
}

/**
 * Bytes that a method keeps between requests, for each tenant apart. They may be forgotten at any time, and values must not
 * depend on them: they save work, such as a factorisation that many requests need.
 */
export interface MethodState {
  /** Returns what was stored last under the name; undefined where nothing is left of it. */
  get(name: string): Promise<Uint8Array | undefined>;
  put(name: string, bytes: Uint8Array): Promise<void>;
}

/** Facts of a request, besides its parameters, that the cost may depend on. */
export interface Given {
  /** Rows of `ctx.baselines`: 0 when the request gives none. */
  readonly baselines: number;
}

/** Source of built-in methods, for methods that wrap others. */
export interface MethodSource {
  /**
   * A method with its parameters, after defaults; texts are understood.
   * @throws WhylightError `method_not_found`, `invalid_request`
   */
  bind(id: string, params?: Readonly<Record<string, unknown>>): BoundMethod;
}

/** Method with parameters that have been checked and filled with defaults. */
export interface BoundMethod {
  readonly method: Method;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Reference of a paper; `arxiv` and `doi` make one from an identifier. */
export interface Paper {
  readonly title: string;
  readonly year: number;
  readonly url: string;
  /** Location of the formula in the paper: `equation 1`, `section 3.2`. */
  readonly where?: string;
}

/** Description of a method for users: title, paper, modalities and properties. */
export interface About {
  readonly title: string;
  /** One or two sentences: what the method asks of the model. */
  readonly summary: string;
  readonly paper?: Paper;
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
  /** Axioms that hold with default parameters; tested by the contract suite. */
  readonly axioms?: readonly Axiom[];
}

/** Description of a method as its author writes it: every modality is meant where none is named. */
export type AboutDefinition = Omit<About, 'modalities'> & Partial<Pick<About, 'modalities'>>;

/** Outputs and inputs of one graph that a method evaluates. An empty object is the forward graph. */
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
  /**
   * Tensor whose Hessian-vector product is wanted: the derivative of the score's gradient along a direction. Rows then hold
   * the directions as `direction`, [N, ...tensor]; the gradient with respect to the tensor comes with them. It excludes
   * `gradients`, `feeds` and `mixtures`.
   */
  readonly hessianVector?: string;
  /**
   * Name of a model of {@link Method.setup} that is evaluated in place of the request's: an in-painting network, a teacher.
   * Its tensors are named in the other members; it cannot be the first graph.
   */
  readonly model?: string;
}

/** Needs of several graphs by name. The first is the one that `evaluate` uses by default. */
export interface NamedNeeds {
  readonly graphs: Readonly<Record<string, Needs>>;
}

/** Returns the graphs of a method by name; the first is the main one. */
export const namedNeeds = (needs: Needs | NamedNeeds): Readonly<Record<string, Needs>> =>
  'graphs' in needs ? needs.graphs : { main: needs };

/** Returns the graphs of the request's model among the needs of a method, by name. */
export const ownNeeds = (needs: Needs | NamedNeeds): Readonly<Record<string, Needs>> =>
  Object.fromEntries(Object.entries(namedNeeds(needs)).filter(([, { model }]) => model === undefined));

/** Cost in evaluated rows, not milliseconds; the profile of a model converts one to the other. */
export interface Cost {
  /** Rows that go through a graph without derivatives. */
  readonly forwards: number;
  /** Rows that go through a graph with derivatives, its forward part included. */
  readonly backwards: number;
}

/** Result of {@link ExplainContext.evaluate}: scores, gradients and activations of N rows. */
export interface Evaluation {
  /** Score of the target in each row, [N]. */
  readonly scores: Float32Array;
  /** Derivative of each row's score by tensor name, [N, ...tensor]: element i of row n is d score[n] / d tensor[n, i]. */
  readonly gradients: Float32Tensors;
  /** Values of the activations in `needs` by tensor name, [N, ...tensor]. */
  readonly activations: Float32Tensors;
  /** Hessian-vector products by tensor name, [N, ...tensor], where `needs` has `hessianVector`. */
  readonly hessianVectors: Float32Tensors;
}

/** Options of {@link ExplainContext.evaluate}: another graph or another target than the default. */
export interface EvaluateOptions {
  /** Name of one of the {@link NamedNeeds}; the first when left out. */
  readonly graph?: string;
  /**
   * Explains something else than the request's target: one thing for every row, or one for each. A single row with several
   * targets gives a row for each, over one forward pass where the graph allows. A graph of another model explains the top
   * class of each row when left out.
   */
  readonly target?: Target | readonly Target[];
}

/**
 * Context of the explanation of one row: parameters, model, inputs, target, random numbers and access to the engine.
 * @typeParam P parameters after defaults
 */
export interface ExplainContext<P> {
  readonly params: P;
  readonly model: ModelInfo;
  readonly methods: MethodSource;
  /** Data of {@link Method.setup}; undefined without it. */
  readonly data: unknown;
  /** Bytes that are kept for this tenant; nothing is kept where the host offers no store. */
  readonly state: MethodState;
  /** One row of each input, [1, ...input]. Evaluating this very object takes no run, because it was evaluated to find the target; it counts in `cost`. */
  readonly inputs: Inputs;
  /**
   * Baselines of the request by input name, [1, ...input], or [N, ...input] for methods that average over baselines. An
   * input without one gets the baseline that the parameters describe.
   */
  readonly baselines: Inputs;
  /** All rows of the request, [rows, ...input], and the index of the explained one: for methods that use other examples. */
  readonly batch: { readonly inputs: Inputs; readonly rows: number; readonly index: number };
  readonly target: Target;
  /** The target's score of the input. */
  readonly score: number;
  /** Counter-based: the same seed gives the same numbers on every machine. */
  readonly random: Random;
  readonly signal: AbortSignal;
  /** Number of rows that run at once. A method that makes its rows in portions of this size needs the least memory. */
  readonly batchSize: number;
  /** True if the engine does not block this thread, so that the next rows can be prepared while it runs. */
  readonly prefetch: boolean;
  /** @deprecated Use {@link prefetch}. */
  readonly ahead?: boolean;
  /** True if rows may be given as weights and baseline for the main graph to blend; see `method/mixture.ts`. */
  readonly mixes: boolean;
  /**
   * Runs rows through a graph of `needs`. Any number of rows N may be given, [N, ...input]; they are packed into batches
   * that fit in memory. An input with a single row is used for every row. Progress is reported as rows done out of `cost`.
   * @throws WhylightError `aborted`; `method_failed` when more rows are evaluated than `cost` says.
   */
  evaluate(rows: Inputs, options?: EvaluateOptions): Promise<Evaluation>;
  /** Offers an attribution that is correct but not yet precise. A function is called only if the caller listens. */
  partial(attribution: Attribution | (() => Attribution)): void;
}

/** Result of a method for one row: values by tensor name, measures of their quality, and the results it declares. */
export interface Attribution extends Results {
  /**
   * Values by input name, [1, ...input], or, for a layer attribution, by tensor name, [1, ...tensor] or with one channel.
   * Signed, in units of the score, unless the method or its parameters say otherwise.
   */
  readonly values: Float32Tensors;
  /**
   * Reduction over channels for the map. `sum` (default) adds contributions; `l2` is for slopes, whose sum over channels has
   * no meaning.
   */
  readonly channels?: 'sum' | 'l2';
  /** Value that is explained, if it is not the target's score: that of a neuron. */
  readonly score?: number;
  readonly baselineScore?: number;
  /** Sum of the attributions minus (score - baselineScore), for complete methods. */
  readonly convergenceDelta?: number;
  /** Standard error of values that are means over random samples: root mean square over all elements. */
  readonly standardError?: number;
  /**
   * Reason to give if every value is zero, where the method knows it: the second half of a sentence, and a remedy.
   * Ignored otherwise.
   */
  readonly zeros?: string;
}
