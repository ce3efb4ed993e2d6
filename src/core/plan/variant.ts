/** The graph behind a method's needs: which tensors go in and out, and its name among all graphs of all models. */
import type { Optimize } from '../autodiff/compile.ts';
import type { Ruleset } from '../autodiff/ruleset.ts';
import { WhylightError } from '../errors.ts';
import type { Cost, Needs } from '../method/contract.ts';
import type { BoundInfo, Model } from '../model/model.ts';
import type { ValueInfo } from '../onnx/graph.ts';
import { sizeOf } from '../tensor/tensor.ts';
import type { Work } from './work-time.ts';

/** Needs with nothing left open. */
export interface ResolvedNeeds {
  readonly scores: string;
  readonly gradients: readonly string[];
  readonly activations: readonly string[];
  /** Activations asked for that are inputs of the model: what went in is what comes out. */
  readonly echoes: readonly string[];
  readonly feeds: readonly string[];
  readonly mixtures: boolean;
  /** Several targets of one row share its forward pass. */
  readonly severalTargets?: boolean;
  /** Tensor of the Hessian-vector product; also the only one of `gradients`. */
  readonly hessianVector?: string;
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
  /**
   * Bytes of each further target over the forward pass of one row; absent where each target needs a forward pass of its
   * own. See {@link runTargets}.
   */
  readonly bytesPerTarget?: number;
}

/**
 * @throws WhylightError `layer_not_found` for unknown tensors, `unprocessable_method` when there is nothing to
 * differentiate, `invalid_config` for an unknown ruleset.
 */
export function resolveNeeds(needs: Needs, info: BoundInfo): ResolvedNeeds {
  const { activations = [], feeds = [], ruleset = 'gradient', scores = info.scores.name, hessianVector } = needs;
  const gradients = hessianVector === undefined ? (needs.gradients ?? []) : [hessianVector];
  if (hessianVector !== undefined) checkHessianVector(needs);
  const names = gradients === 'sources' ? info.sources.map(({ name }) => name) : gradients;
  if (gradients === 'sources' && names.length === 0) {
    throw new WhylightError(
      'unprocessable_method',
      'The model has no floating point input and no embedding to differentiate at: use a perturbation method.',
    );
  }
  if (gradients === 'sources') refuseLost(info);
  for (const name of [scores, ...names, ...activations, ...feeds]) info.tensor(name);
  const isInput = (name: string): boolean => [...info.inputs, ...info.held].some((input) => input.name === name);
  const wanted = [...new Set(activations)].sort();
  return {
    scores,
    gradients: [...new Set(names)].sort(),
    activations: wanted.filter((name) => !isInput(name)),
    echoes: wanted.filter(isInput),
    feeds: [...new Set(feeds)].filter((name) => !isInput(name)).sort(),
    mixtures: needs.mixtures ?? false,
    ...(hessianVector !== undefined && { hessianVector }),
    ruleset: typeof ruleset === 'string' ? info.ruleset(ruleset) : ruleset,
    scoreDims: info.tensor(scores).dims.map(Number),
    inputDims: Object.fromEntries([...info.inputs, ...info.held].map(({ name, dims }) => [name, dims.map(Number)])),
  };
}

/** Tables that gradients would leave out in silence. */
function refuseLost({ lost }: BoundInfo): void {
  if (lost.length === 0) return;
  const inputs = [...new Set(lost.map(({ input }) => `"${input}"`))].join(', ');
  const tables = [...new Set(lost.map(({ table }) => `"${table}"`))];
  throw new WhylightError(
    'unprocessable_method',
    `The tables ${tables.join(', ')} are looked up by numbers that cannot be traced to single elements of ${inputs}, so a gradient would leave them out: use a perturbation method.`,
    { lost },
  );
}

/** @throws WhylightError `invalid_config` for needs that no graph of second order has */
function checkHessianVector({ gradients, feeds, mixtures }: Needs): void {
  const others = Object.entries({ gradients, feeds, mixtures }).filter(([, value]) => value && value !== undefined);
  if (others.length === 0) return;
  const names = others.map(([name]) => name);
  throw new WhylightError(
    'invalid_config',
    `Needs with hessianVector cannot have ${names.join(', ')}: name another graph for these.`,
    { needs: names },
  );
}

export function variantKey(model: Pick<Model, 'digest'>, needs: ResolvedNeeds, optimize: Optimize): string {
  const { scores, gradients, activations, feeds, ruleset, hessianVector } = needs;
  const order = hessianVector === undefined ? [] : ['hessian_vector'];
  const backwards = gradients.length > 0 ? [ruleset.id, optimize, ...order] : [];
  const mixing = mixesWhen(needs, optimize) ? ['mixtures'] : [];
  const rows = optimize === 'speed' && sharesForward(needs, optimize) ? ['several_targets'] : [];
  return `${model.digest}/${JSON.stringify([scores, gradients, activations, feeds, ...backwards, ...mixing, ...rows])}`;
}

/**
 * True if a row of the inputs may be broadcast to several targets. For `speed`, that is a graph of its own, slower for one
 * target: see `targets` of `CompileRequest`.
 */
export const sharesForward = ({ gradients, severalTargets = false }: ResolvedNeeds, optimize: Optimize): boolean =>
  gradients.length > 0 && (optimize === 'memory' || severalTargets);

/** The graph that mixes is one more, with weights of its own: where memory is short, rows are mixed before they are fed. */
export const mixesWhen = ({ mixtures, gradients, feeds }: ResolvedNeeds, optimize: Optimize): boolean =>
  mixtures && gradients.length === 0 && feeds.length === 0 && optimize === 'speed';

/**
 * Bytes of one row of these shapes at the peak of a run. Where the model leaves dims open, rows may be larger than those
 * that the graph was described for.
 */
export const rowBytesOf = (variant: Variant, needs: ResolvedNeeds): number =>
  (variant.rowBytes * rowElements(needs)) / rowElements(variant);

/** Elements of one row of all inputs together. */
export const rowElements = ({ inputDims }: ResolvedNeeds): number =>
  Object.values(inputDims).reduce((sum, dims) => sum + sizeOf(dims), 0);

/** Cost of rows through this graph: backward rows if it has gradients, else forward rows. */
export const costOf = ({ gradients }: Pick<ResolvedNeeds, 'gradients'>, rows: number): Cost =>
  gradients.length > 0 ? { forwards: 0, backwards: rows } : { forwards: rows, backwards: 0 };
