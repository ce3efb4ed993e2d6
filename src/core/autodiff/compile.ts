/** From a model's graph to the graph that a saliency method evaluates. */
import { WhylightError } from '../errors.ts';
import { GraphBuilder, type Value } from '../onnx/builder.ts';
import { CompileBudget, type CompileLimits } from '../onnx/compile-budget.ts';
import { prune } from '../onnx/edit.ts';
import type { Dim, Graph, Node, ValueInfo } from '../onnx/graph.ts';
import { infer } from '../onnx/infer.ts';
import { rowsFirst } from '../onnx/rows-first.ts';
import { denseConvolutions } from '../onnx/simplify/dense-convolutions.ts';
import { moveNegations } from '../onnx/simplify/move-negations.ts';
import { poolsFirst } from '../onnx/simplify/pools-first.ts';
import { splitConvolutions } from '../onnx/simplify/split-convolutions.ts';
import { tieRows } from '../onnx/simplify/tie-rows.ts';
import { unfusedWeights } from '../onnx/simplify/unfused-weights.ts';
import { unsignedActivations } from '../onnx/simplify/unsigned-activations.ts';
import { unsignedWeights } from '../onnx/simplify/unsigned-weights.ts';
import { simplify } from '../onnx/simplify.ts';
import { CompileMemo } from './compile-memo.ts';
import { decompose, decompositionOf } from './decompose/decompose.ts';
import { differentiate, nodesBetween } from './differentiate.ts';
import { checkNames, type DerivativeNames, derivativeNames } from './names.ts';
import { withReference } from './reference.ts';
import type { Ruleset } from './ruleset.ts';
import { gradient } from './rulesets/gradient.ts';

export { COTANGENT, type DerivativeNames, derivativeNames, gradientName } from './names.ts';

/** Resource that a compiled gradient saves, at the cost of the other. */
export type Optimize = 'speed' | 'memory';

/** Request of {@link compile}: the scores, and the tensors that become inputs and outputs of the compiled graph. */
export interface CompileRequest {
  /** The tensor whose elements are explained; batch first. Always an output. */
  readonly scores: string;
  /** Tensors to differentiate the scores with respect to. Each gives an output `gradient/<tensor>`. */
  readonly gradients?: readonly string[];
  readonly ruleset?: Ruleset;
  /**
   * Inner tensors and weights that become graph inputs, in place of whatever computes or holds them; model inputs that
   * nothing reads then go. All rows of a run share a fed weight.
   */
  readonly feeds?: readonly string[];
  /** Inner tensors to give out, under their own names. */
  readonly activations?: readonly string[];
  /** Further outputs, e.g. the probabilities behind the scores. */
  readonly outputs?: readonly string[];
  /**
   * `memory` (the default) keeps one copy of every weight and small masks; `speed` may store a convolution's kernel a
   * second time, turned for its input gradient, holds larger masks that are faster to make and apply, and keeps tensors
   * in the layout of native kernels.
   */
  readonly optimize?: Optimize;
  /** Names of the cotangent and the derivatives; those of `derivativeNames` when left out. */
  readonly names?: DerivativeNames;
  /**
   * True (the default) if a row of zeros in the cotangent stands for the top class of that row; false if it stands for
   * zero.
   */
  readonly topClass?: boolean;
  /**
   * Answer to scores that are constant between jumps, as comparisons and the gradients of piecewise linear networks are:
   * a refusal (the default), or zeros, which is the derivative wherever there is one.
   */
  readonly steps?: 'refuse' | 'zeros';
  /**
   * Rows of the cotangent for each row of the inputs: `one` (the default), or `several`, for which one row of the inputs
   * is broadcast to all of them. A graph for `speed` and one target takes as many rows of both, and native kernels run it
   * faster.
   */
  readonly targets?: 'one' | 'several';
  /** Upper bounds on nodes, constants and time; those of a process when left out. */
  readonly limits?: CompileLimits;
  /** Memo of the compilations of this model, for those that compile many variants of it. */
  readonly memo?: CompileMemo;
  /**
   * True where only the outcome counts: throws as the compilation would, and returns the forward graph in place of the
   * compiled one.
   */
  readonly draft?: boolean;
}

/**
 * Compiles a model's graph into a plain ONNX graph with the requested outputs. Its inputs are the model's own, then
 * `baseline/<input>` if the ruleset compares with a reference, then `cotangent` if there are gradients; a graph that is
 * a derivative already gets fresh names, `cotangent2` and `gradient2/<tensor>`. The batch is
 * the first dim of everything, of inner tensors that have it elsewhere too (`onnx/rows-first.ts`), and rows do not
 * affect one another. The same graph and request give the same graph, to the byte once written.
 * @throws WhylightError `layer_not_found` for unknown tensors, `not_differentiable` when a rule is missing,
 * `compilation_limit` for a graph over `limits`, `invalid_request` for `names` that are taken
 *
 * @example
 * import { compile, Model, write } from 'whylight/compiler';
 * const model = await Model.read({ bytes });
 * const graph = compile(model.graph, { scores: 'logits', gradients: ['image'], optimize: 'memory' });
 * await writeFile('model.gradient.onnx', write(graph).graph);
 * @see docs/compiler.md
 */
export function compile(graph: Graph, request: CompileRequest): Graph {
  const { scores, gradients = [], activations = [], outputs = [], feeds = [] } = request;
  const { ruleset = gradient, optimize = 'memory', memo = new CompileMemo() } = request;
  const budget = new CompileBudget(request.limits);
  const forward = [...new Set([...outputs, scores, ...activations])];
  const keep = new Set([...forward, ...gradients]);
  const whole = memo.step(graph, `whole ${JSON.stringify([[...keep], feeds])}`, budget, () => {
    const turned = rowsFirst(graph, [...keep, ...feeds]);
    return simplify(expose(cut(turned, feeds), [...keep]), { keep, budget });
  });
  const names = request.names ?? derivativeNames(graph, gradients);
  if (request.names) checkNames(graph, gradients, request.names);
  let model = decomposed(whole, { ...request, memo }, keep, budget);
  if (gradients.length === 0) return finished(expose(model, forward), request);

  const { prepare } = ruleset;
  if (prepare) model = memo.step(model, `prepare ${ruleset.id}`, budget, () => prepare(model));
  // Other rulesets treat an activation by what comes back to it, which is not the same on either side of a pool.
  if (optimize === 'speed' && ruleset === gradient) model = memo.step(model, 'pools', budget, () => poolsFirst(model));
  const g = new GraphBuilder(model, budget);
  // The way through the graph is looked for from the inputs and from the scores.
  budget.visit(2 * model.nodes.length);
  const reference = ruleset.reference ? withReference(g, model) : undefined;
  const derivatives = differentiate(g, model, {
    scores,
    wrt: gradients,
    cotangent: (value) => seed(g, value, request, names.cotangent),
    ruleset,
    optimize,
    steps: request.steps,
    reference,
    outcomes: request.memo?.rules,
    budget,
    draft: request.draft,
  });
  const named = derivatives.map((value, i): Value => {
    const tensor = gradients[i] as string;
    return g.named(ruleset.finish?.(g.under('finish/'), value, tensor) ?? value, names.gradients[tensor] as string);
  });
  if (request.draft) return model;
  const compiled = g.build([...forward.map((name) => g.value(name)), ...named]);
  const simple = simplify(compiled, { budget });
  return finished(optimize === 'memory' ? moveNegations(simple, names.cotangent) : simple, request);
}

/** The graph in a form that onnxruntime runs fast, and that its own optimisation does not make inexact. */
function finished(graph: Graph, { optimize = 'memory', targets = 'one' }: CompileRequest): Graph {
  const sound = denseConvolutions(unfusedWeights(unsignedWeights(unsignedActivations(graph))));
  if (optimize === 'memory') return sound;
  const split = splitConvolutions(sound);
  return targets === 'one' ? tieRows(split) : split;
}

/** The graph with what stands between input and scores in operators that the ruleset has rules for, as far as that goes. */
function decomposed(
  graph: Graph,
  request: CompileRequest & { readonly memo: CompileMemo },
  keep: ReadonlySet<string>,
  budget: CompileBudget,
): Graph {
  const { scores, gradients = [], ruleset = gradient, memo } = request;
  const hasRule = (node: Node): boolean => ruleset.rule({ node, first: false, last: false }) !== undefined;
  const parts = decompose(
    graph,
    (current) => {
      const path = new Set(nodesBetween(current, gradients, scores));
      return (node) => {
        const { always = false, evenWithRule = false } = decompositionOf(node) ?? {};
        return always || (path.has(node) && (evenWithRule || !hasRule(node)));
      };
    },
    { budget, memo },
  );
  if (parts === graph) return graph;
  return memo.step(parts, `simplify ${JSON.stringify([...keep])}`, budget, () => simplify(parts, { keep, budget }));
}

function seed(g: GraphBuilder, scores: Value, request: CompileRequest, input: string): Value {
  const { ruleset = gradient, topClass = true, optimize = 'memory' } = request;
  const { name, dtype, dims } = scores;
  if (!dims) {
    throw new WhylightError('not_differentiable', `The shape of the scores "${name}" is not known.`, { tensor: name });
  }
  const given = g.input(input, dtype, dims);
  const cotangent = topClass ? orTopClass(g, scores, given, optimize) : given;
  return ruleset.seed?.(g, scores, cotangent) ?? cotangent;
}

/** True for scores of shape [N, classes], with or without dims of 1 behind: a graph finds their top class itself. */
export function findsTopClass(dims: ValueInfo['dims'] = []): boolean {
  const [, classes, ...rest] = dims;
  return typeof classes === 'number' && rest.every((dim) => dim === 1);
}

/**
 * A row of zeros in the cotangent stands for the class with the highest score, see {@link findsTopClass}: prediction and
 * explanation are then one run, and the forward pass is not done twice.
 */
function orTopClass(g: GraphBuilder, scores: Value, cotangent: Value, optimize: Optimize): Value {
  const [, classes, ...rest] = scores.dims ?? [];
  if (typeof classes !== 'number' || !findsTopClass(scores.dims)) return cotangent;
  g.under('top/');
  const kept = [1, ...rest.map((_, i) => i + 2)];
  const empty = g.op('Equal', [g.reduce('ReduceMax', g.op('Abs', [cotangent]), kept), g.number(0, cotangent)]);
  const winner =
    optimize === 'memory' && scores.dtype === 'float32' ? g.op('Hardmax', [scores], { axis: 1 }) : oneHot(g, scores);
  return g.where(empty, winner, cotangent);
}

/** 1 at the top class of each row, by operators that take every dtype and that graphics processors have, too. */
function oneHot(g: GraphBuilder, scores: Value): Value {
  const [, classes, ...rest] = scores.dims as readonly [Dim, number, ...Dim[]];
  const indices = g.constant(
    'int64',
    [classes, ...rest.map(() => 1)],
    Array.from({ length: classes }, (_, i) => i),
  );
  return g.op('CastLike', [g.op('Equal', [g.op('ArgMax', [scores], { axis: 1 }), indices]), scores]);
}

/** The same graph with `feeds` as inputs, without what only they needed. */
function cut(graph: Graph, feeds: readonly string[]): Graph {
  if (feeds.length === 0) return graph;
  const types = infer(graph);
  const given = feeds.map((name) => {
    const type = types.get(name);
    if (!type) throw new WhylightError('layer_not_found', `The graph has no tensor named "${name}".`, { name });
    const shared = graph.constants.has(name) && ({ whole: true } as const);
    return { name, dtype: type.dtype, dims: type.dims, ...shared };
  });
  const constants = new Map([...graph.constants].filter(([name]) => !feeds.includes(name)));
  // Whoever made a fed value goes on making it under a name that nobody reads.
  const nodes = graph.nodes.map((node) => ({
    ...node,
    outputs: node.outputs.map((name) => (feeds.includes(name) ? `unread/${name}` : name)),
  }));
  const rest = prune(
    { ...graph, nodes, constants, inputs: [...graph.inputs, ...given] },
    graph.outputs.map((o) => o.name),
  );
  const read = new Set(rest.nodes.flatMap((node) => node.inputs));
  return { ...rest, inputs: rest.inputs.filter(({ name }) => feeds.includes(name) || read.has(name)) };
}

/** The same graph with exactly these outputs. */
function expose(graph: Graph, outputs: readonly string[]): Graph {
  const g = new GraphBuilder(graph);
  return g.build(outputs.map((name) => g.value(name)));
}
