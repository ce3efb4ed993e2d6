/** The graph behind a method's needs: which tensors go in and out, how much memory a row takes, and its bytes. */
import { type CompileRequest, compile, type Optimize } from '../autodiff/compile.ts';
import type { Ruleset } from '../autodiff/ruleset.ts';
import { rulesets } from '../autodiff/rulesets/index.ts';
import { nearest, WhylightError } from '../errors.ts';
import type { Cost, Needs } from '../method/contract.ts';
import type { BoundInfo, Model } from '../model/model.ts';
import type { Graph, ValueInfo } from '../onnx/graph.ts';
import { sizeOf } from '../tensor/tensor.ts';
import { bindRows, bindShapes, hasOpenShapes } from './bind-rows.ts';
import { countFlops } from './flops.ts';
import { peakRowBytes, sessionBytes } from './memory.ts';
import { mixInputs, withOwnDims } from './mix-inputs.ts';
import { countWork, type Work } from './work.ts';

/** Needs with nothing left open. */
export interface ResolvedNeeds {
  readonly scores: string;
  readonly gradients: readonly string[];
  readonly activations: readonly string[];
  /** Activations asked for that are inputs of the model: what went in is what comes out. */
  readonly echoes: readonly string[];
  readonly feeds: readonly string[];
  readonly mixtures: boolean;
  readonly ruleset: Ruleset;
  /** Shape of one row of the scores. */
  readonly scoreDims: readonly number[];
  /** Shape of one row of each input of the model. */
  readonly inputDims: Readonly<Record<string, readonly number[]>>;
}

/** Facts about a compiled graph that outlive it. */
export interface Variant extends ResolvedNeeds {
  /** Names the graph among all graphs of all models: digest, needs, and what it was optimised for. */
  readonly key: string;
  readonly inputs: readonly ValueInfo[];
  /** Memory for one row's tensors at the worst moment, in bytes, weights not counted; for rows of `inputDims`. */
  readonly rowBytes: number;
  /** Floating point operations of one row of `inputDims`; nodes of unknown shape count nothing. */
  readonly rowFlops: number;
  /** Work of one row of `inputDims`, by kinds. */
  readonly rowWork: Work;
  /** Memory of an idle session in bytes: weights, and the bookkeeping of the engine per node. */
  readonly sessionBytes: number;
  /** Rows may be mixtures: see {@link Needs.mixtures}. */
  readonly mixes: boolean;
  /** A cotangent row of zeros stands for the top class. */
  readonly findsTopClass: boolean;
}

/**
 * @throws WhylightError `layer_not_found` for unknown tensors, `unprocessable_method` when there is nothing to
 * differentiate, `invalid_config` for an unknown ruleset.
 */
export function resolveNeeds(needs: Needs, info: BoundInfo): ResolvedNeeds {
  const { gradients = [], activations = [], feeds = [], ruleset = 'gradient', scores = info.scores.name } = needs;
  const names = gradients === 'sources' ? info.sources.map(({ name }) => name) : gradients;
  if (gradients === 'sources' && names.length === 0) {
    throw new WhylightError(
      'unprocessable_method',
      'The model has no floating point input and no embedding to differentiate at: use a perturbation method.',
    );
  }
  for (const name of [scores, ...names, ...activations, ...feeds]) info.tensor(name);
  const isInput = (name: string): boolean => [...info.inputs, ...info.held].some((input) => input.name === name);
  const wanted = [...new Set(activations)].sort();
  return {
    scores,
    gradients: [...new Set(names)].sort(),
    activations: wanted.filter((name) => !isInput(name)),
    echoes: wanted.filter(isInput),
    feeds: [...new Set(feeds)].sort(),
    mixtures: needs.mixtures ?? false,
    ruleset: typeof ruleset === 'string' ? registered(ruleset) : ruleset,
    scoreDims: info.tensor(scores).dims.map(Number),
    inputDims: Object.fromEntries([...info.inputs, ...info.held].map(({ name, dims }) => [name, dims.map(Number)])),
  };
}

export function variantKey(model: Pick<Model, 'digest'>, needs: ResolvedNeeds, optimize: Optimize): string {
  const { scores, gradients, activations, feeds, ruleset } = needs;
  const backwards = gradients.length > 0 ? [ruleset.id, optimize] : [];
  const mixing = mixesWhen(needs, optimize) ? ['mixtures'] : [];
  return `${model.digest}/${JSON.stringify([scores, gradients, activations, feeds, ...backwards, ...mixing])}`;
}

/** The graph that mixes is one more, with weights of its own: where memory is short, rows are mixed before they are fed. */
export const mixesWhen = ({ mixtures, gradients, feeds }: ResolvedNeeds, optimize: Optimize): boolean =>
  mixtures && gradients.length === 0 && feeds.length === 0 && optimize === 'speed';

/**
 * Compiles the graph. Kept apart from {@link describeVariant} so that nobody needs to hold the graph once a session runs it.
 * @throws WhylightError `not_differentiable`, `compilation_limit`
 */
export function compileVariant(
  model: Pick<Model, 'graph'>,
  needs: ResolvedNeeds,
  optimize: Optimize,
  { limits, draft }: Pick<CompileRequest, 'limits' | 'draft'> = {},
): Graph {
  const { scores, gradients, activations, feeds, ruleset } = needs;
  const graph = compile(model.graph, {
    scores,
    gradients,
    activations,
    feeds,
    ruleset,
    optimize,
    ...(limits && { limits }),
    ...(draft && { draft }),
  });
  return mixesWhen(needs, optimize) ? mixInputs(graph) : graph;
}

/** A compiled graph, and whether it holds for rows of one shape alone. */
export interface FittingGraph {
  readonly graph: Graph;
  readonly isBound: boolean;
}

/** Extent that stands for one that only a request settles, where the outcome of a compilation is asked for. */
const STAND_IN = 16;

/**
 * Compiles the graph for rows of any shape; where its derivative needs the shape (recurrent layers are unrolled over
 * their length), for rows of the shape that the needs state.
 * @throws WhylightError `not_differentiable`, `compilation_limit`
 */
export function compileFitting(
  model: Pick<Model, 'graph'>,
  needs: ResolvedNeeds,
  optimize: Optimize,
  options: Pick<CompileRequest, 'limits' | 'draft'> = {},
): FittingGraph {
  try {
    return { graph: compileVariant(model, needs, optimize, options), isBound: false };
  } catch (open) {
    const mayFit = WhylightError.is(open, 'not_differentiable') && hasOpenShapes(model.graph);
    if (!mayFit) throw open;
    const shapes = Object.entries(needs.inputDims).map(([name, dims]) => [
      name,
      dims.map((dim) => (Number.isNaN(dim) ? STAND_IN : dim)),
    ]);
    const bound = bindShapes(model.graph, Object.fromEntries(shapes) as ResolvedNeeds['inputDims']);
    try {
      return { graph: compileVariant({ graph: bound }, needs, optimize, options), isBound: true };
    } catch (error) {
      throw WhylightError.is(error, 'compilation_limit') ? error : open;
    }
  }
}

/**
 * @param key as {@link variantKey} gives it
 * @param batch rows of every run, where the model takes no other number
 */
export function describeVariant(
  key: string,
  needs: ResolvedNeeds,
  graph: Graph,
  optimize: Optimize,
  batch?: number,
): Variant {
  const scores = graph.outputs.find(({ name }) => name === needs.scores)?.dims ?? [];
  const bound = bindRows(graph, withOwnDims(needs.inputDims), batch);
  return {
    ...needs,
    key,
    inputs: graph.inputs,
    rowBytes: peakRowBytes(bound, {}, batch),
    rowFlops: countFlops(bound, batch).total / (batch ?? 1),
    rowWork: countWork(bound, {}, batch),
    sessionBytes: sessionBytes(graph),
    mixes: mixesWhen(needs, optimize),
    findsTopClass: needs.gradients.length > 0 && scores.length === 2 && typeof scores[1] === 'number',
  };
}

/** Elements of one row of all inputs together. */
export const rowElements = ({ inputDims }: ResolvedNeeds): number =>
  Object.values(inputDims).reduce((sum, dims) => sum + sizeOf(dims), 0);

/** Cost of rows through this graph: backward rows if it has gradients, else forward rows. */
export const costOf = ({ gradients }: Pick<ResolvedNeeds, 'gradients'>, rows: number): Cost =>
  gradients.length > 0 ? { forwards: 0, backwards: rows } : { forwards: rows, backwards: 0 };

function registered(id: string): Ruleset {
  const ruleset = rulesets.get(id);
  if (ruleset) return ruleset;
  throw new WhylightError(
    'invalid_config',
    `There is no ruleset "${id}"; there are ${[...rulesets.keys()].join(', ')}.`,
    {
      ruleset: id,
      nearest: nearest(id, rulesets.keys()),
    },
  );
}
