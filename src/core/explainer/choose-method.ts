/** Choice of a method where the request names none: an ordered list of rules, white box first. */
import { compile } from '../autodiff/compile.ts';
import { decompositionOf } from '../autodiff/decompose/decompose.ts';
import { nodesBetween } from '../autodiff/differentiate.ts';
import { gradient } from '../autodiff/rulesets/gradient.ts';
import { WhylightError } from '../errors.ts';
import { ownNeeds } from '../method/contract.ts';
import { layoutOf } from '../method/layout.ts';
import type { MethodRegistry, PluginEntry } from '../method/registry.ts';
import { modalityOf } from '../modality/registry.ts';
import { attentionMaps } from '../model/attention.ts';
import type { Corrections } from '../model/corrections.ts';
import type { ModalityId, TaskId } from '../model/description.ts';
import { checkInputs } from '../model/inputs.ts';
import type { BoundInfo, Model } from '../model/model.ts';
import type { Graph, Node } from '../onnx/graph.ts';
import { simplify } from '../onnx/simplify.ts';
import { bindShapes, hasOpenShapes as hasOpenDims } from '../plan/bind-rows.ts';
import { type ResolvedNeeds, resolveNeeds } from '../plan/variant.ts';
import type { Inputs } from '../tensor/rows.ts';
import { AUTO_METHOD } from './auto-method.ts';
import { checkModality, methodsFor } from './method-modality.ts';

export interface MethodQuestion {
  readonly model: Model;
  /** Scores that are explained, as in the request. */
  readonly scores?: string | undefined;
  /** Facts about the model that the request states. */
  readonly corrections?: Corrections | undefined;
  /** Inputs of the request: what applies may depend on the shapes that the file leaves open, see {@link hasOpenShapes}. */
  readonly inputs?: Inputs | undefined;
  /** Milliseconds that the client asked for; the answer never depends on load. */
  readonly deadline?: number | undefined;
  /** True if the client may use the method. */
  readonly mayUse?: (entry: PluginEntry) => boolean;
}

export interface MethodChoice {
  readonly entry: PluginEntry;
  /** Reason in words, without a full stop. */
  readonly reason: string;
}

/** One line of the list: a method, and where it is the best. */
interface Rule {
  readonly method: string;
  /** Modalities that it is the best for; all when left out. */
  readonly for?: readonly ModalityId[];
  /** Tasks that it is the best for; all when left out. */
  readonly tasks?: readonly TaskId[];
  /** Shortest deadline in milliseconds that leaves time for it. */
  readonly from?: number;
  /** Kind of graph that it is the best for. */
  readonly when?: (info: BoundInfo) => boolean;
  readonly reason: string;
}

/** Deadline below which a method has a few rows only. */
const SHORT = 1000;

const DETECTORS = ['object_detection', 'instance_segmentation', 'oriented_detection', 'pose'] as const;

/** The first rule that applies wins. White boxes stand above black boxes, more exact methods above quicker ones. */
export const AUTO_RULES: readonly Rule[] = [
  { method: 'tree_shap', reason: 'exact Shapley values of the decision trees in the model' },
  {
    method: 'hires_cam',
    for: ['image'],
    tasks: DETECTORS,
    reason: 'a detector with a spatial layer and a derivative: the map keeps to the explained box',
  },
  {
    method: 'transformer_attribution',
    for: ['image'],
    tasks: ['classification', 'multi_label'],
    when: hasClassToken,
    reason: 'a transformer that reads its class from a token of its own: relevance is followed through its attention',
  },
  { method: 'grad_cam', for: ['image'], reason: 'an image model with a spatial layer and a derivative' },
  {
    method: 'integrated_gradients',
    from: SHORT,
    reason: 'the model has a derivative, and the deadline leaves time for a path',
  },
  { method: 'input_x_gradient', reason: 'the model has a derivative, and the deadline leaves time for one gradient' },
  {
    method: 'occlusion',
    for: ['image'],
    tasks: DETECTORS,
    reason: 'a detector without a derivative: windows of the image are covered, and the box is followed',
  },
  {
    method: 'recipro_cam',
    for: ['image'],
    reason: 'an image model without a derivative: its spatial layer is masked position by position',
  },
  {
    method: 'partition_shap',
    for: ['text'],
    from: SHORT,
    reason: 'a text model without a derivative: Owen values over the order of the words',
  },
  {
    method: 'kernel_shap',
    for: ['tabular'],
    from: SHORT,
    reason: 'a table model without a derivative: Shapley values of its columns',
  },
  {
    method: 'feature_ablation',
    for: ['text', 'tabular'],
    reason: 'a model without a derivative: each part is removed once',
  },
  { method: 'occlusion', reason: 'a model without a derivative: windows of the input are covered' },
  { method: 'feature_ablation', reason: 'a model without a derivative: each part is removed once' },
];

/**
 * Chooses the method for a model.
 * @throws WhylightError `unprocessable_method` when no method of the list applies, with the reason of each;
 * `invalid_tensor` for inputs that do not fit the model
 *
 * @example
 * const { entry, reason } = chooseMethod(explainer.methods, { model });
 */
export function chooseMethod(methods: MethodRegistry, question: MethodQuestion): MethodChoice {
  const { scores, corrections, inputs, deadline = Number.POSITIVE_INFINITY, mayUse = () => true } = question;
  const model = question.model.corrected(corrections);
  const shapes = inputs && checkInputs(model, inputs).shapes;
  const info = model.info({ ...(scores !== undefined && { scores }), ...(shapes && { shapes }) });
  const modality = modalityOf(model);
  const refusals: string[] = [];
  const barred = new Set<string>();
  for (const rule of AUTO_RULES) {
    if (rule.for && !rule.for.includes(modality)) continue;
    if (rule.tasks && !rule.tasks.includes(model.description.explained.task.value)) continue;
    if (deadline < (rule.from ?? 0) || rule.when?.(info) === false) continue;
    const entry = methods.has(rule.method) ? methods.get(rule.method) : undefined;
    if (!entry || !mayUse(entry)) {
      barred.add(rule.method);
      continue;
    }
    const refusal = refusalOf(methods, entry, model, info);
    if (refusal === undefined) return { entry, reason: rule.reason };
    refusals.push(`${rule.method}: ${refusal}`);
  }
  throw new WhylightError(
    'unprocessable_method',
    ['No method can be chosen for this model.', ...refusals, barredText(barred), 'Name one with "method".']
      .filter(Boolean)
      .join(' '),
    { method: AUTO_METHOD, refusals },
  );
}

/** Methods of the list that are not configured or not allowed here. */
const barredText = (ids: ReadonlySet<string>): string =>
  ids.size === 0 ? '' : `Among those that would be tried, ${[...ids].join(', ')} may not be used here.`;

/** True where the tokens that attend to each other are those of an image behind a class token. */
function hasClassToken(info: BoundInfo): boolean {
  const [first] = attentionMaps(info.graph);
  let found = false;
  // Without a known shape of the tokens there is no grid either.
  refusedWith(() => {
    const layout = first?.tokens === undefined ? undefined : layoutOf(info.tensor(first.tokens), info);
    found = layout?.grid !== undefined && layout.prefix > 0;
  });
  return found;
}

const REFUSALS: readonly string[] = [
  'unprocessable_method',
  'layer_not_found',
  'not_differentiable',
  'compilation_limit',
  'invalid_request',
];

/** Reason why a method with its default parameters does not apply; undefined where it does. */
export function refusalOf(
  methods: MethodRegistry,
  entry: PluginEntry,
  model: Model,
  info: BoundInfo,
): string | undefined {
  return refusedWith(() => {
    const { method, params } = methods.bind(entry.method.id);
    checkModality(method, model, info);
    for (const needs of Object.values(ownNeeds(method.needs(params, info, methodsFor(methods, model, info))))) {
      const resolved = resolveNeeds(needs, info);
      const problem = resolved.gradients.length > 0 ? withoutDerivative(model, resolved) : undefined;
      if (problem !== undefined) return problem;
    }
    return undefined;
  });
}

/** Message of the refusal that the work ends with; what it returns where it does not. */
function refusedWith(work: () => unknown): string | undefined {
  try {
    const found = work();
    return typeof found === 'string' ? found : undefined;
  } catch (error) {
    if (!WhylightError.is(error) || !REFUSALS.includes(error.code)) throw error;
    return error.message;
  }
}

const known = new WeakMap<Model, Map<string, string | undefined>>();

/** Reason why the gradient cannot pass; kept for each model, because every request asks. */
function withoutDerivative(model: Model, needs: ResolvedNeeds): string | undefined {
  const answers = known.get(model) ?? new Map<string, string | undefined>();
  known.set(model, answers);
  const key = JSON.stringify([needs.gradients, needs.scores, needs.inputDims]);
  if (!answers.has(key)) {
    const problem = findWithoutDerivative(model.graph, needs);
    // Operators that only work out the shape of an open input are gone once it is known.
    const isKnown = Object.values(needs.inputDims).flat().every(Number.isFinite);
    const mayFit = problem !== undefined && hasOpenDims(model.graph) && isKnown;
    answers.set(key, mayFit ? findWithoutDerivative(bindShapes(model.graph, needs.inputDims), needs) : problem);
  }
  return answers.get(key);
}

/** Operators whose results have no derivative of their own: what becomes of them decides. */
const COMPARISONS: ReadonlySet<string> = new Set([
  ...['Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual', 'Equal', 'And', 'Or', 'Not', 'Xor'],
]);

function findWithoutDerivative(
  graph: Graph,
  { gradients, scores }: Pick<ResolvedNeeds, 'gradients' | 'scores'>,
): string | undefined {
  const path = nodesBetween(simplify(graph), [...gradients], scores);
  const hasRule = (node: Node): boolean => gradient.rule({ node, first: false, last: false }) !== undefined;
  const missing = path.find((node) => !hasRule(node) && !decompositionOf(node) && !COMPARISONS.has(node.op));
  if (missing) return `${missing.op} has no derivative.`;
  // A rewriting may decline, which only the differentiation itself can tell.
  if (path.every((node) => hasRule(node) && !COMPARISONS.has(node.op))) return undefined;
  return refusedWith(() => compile(graph, { scores, gradients: [...gradients], draft: true }));
}
