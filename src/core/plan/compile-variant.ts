/** Compilation of the graph behind a method's needs, and facts about the result. */
import { type CompileRequest, compile, findsTopClass, type Optimize } from '../autodiff/compile.ts';
import { withRules } from '../autodiff/rulesets/index.ts';
import { compileHessianVector } from '../autodiff/second-order.ts';
import { WhylightError } from '../errors.ts';
import { Model } from '../model/model.ts';
import type { Graph } from '../onnx/graph.ts';
import type { ModelBytes } from '../onnx/model-bytes.ts';
import { write } from '../onnx/write.ts';
import { bindRows, bindShapes, hasOpenShapes } from './bind-rows.ts';
import { countFlops } from './flops.ts';
import type { GraphCompiler } from './graph-compiler.ts';
import { treesBeside } from './large-trees.ts';
import { sessionBytes } from './machine-memory.ts';
import { peakRowBytes } from './memory.ts';
import { hasOneBatch, mixInputs, withOwnDims } from './mix-inputs.ts';
import { rowCounters } from './row-work.ts';
import { bytesPerTarget, withTargetRows } from './shared-forward.ts';
import { isStorable } from './storable.ts';
import { mixesWhen, type ResolvedNeeds, sharesForward, type Variant } from './variant.ts';
import { countWork } from './work.ts';

/** A compiled graph as engines get it: the same graph gives the same bytes everywhere. */
export const graphFile = (graph: Graph): ModelBytes => ({
  ...write(graph, { externalData: { path: 'weights.bin' } }),
  nodes: graph.nodes.length,
  openBatch: hasOneBatch(graph),
});

/**
 * Compiles the graph. Kept apart from {@link describeVariant} so that nobody needs to hold the graph once a session runs it.
 * @throws WhylightError `not_differentiable`, `compilation_limit`
 */
export function compileVariant(
  model: Pick<Model, 'graph'>,
  needs: ResolvedNeeds,
  optimize: Optimize,
  { limits, draft, memo }: Pick<CompileRequest, 'limits' | 'draft' | 'memo'> = {},
): Graph {
  const { scores, gradients, activations, feeds, hessianVector } = needs;
  const ruleset = withRules(needs.ruleset);
  if (hessianVector !== undefined) {
    const curvature = {
      scores,
      wrt: hessianVector,
      outputs: activations,
      ruleset,
      optimize,
      ...(limits && { limits }),
    };
    return compileHessianVector(model.graph, curvature);
  }
  const graph = compile(model.graph, {
    targets: sharesForward(needs, optimize) ? 'several' : 'one',
    scores,
    gradients,
    activations,
    feeds,
    ruleset,
    optimize,
    ...(limits && { limits }),
    ...(draft && { draft }),
    ...(memo && { memo }),
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
  options: Pick<CompileRequest, 'limits' | 'draft' | 'memo'> = {},
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
  const scores = graph.outputs.find(({ name }) => name === needs.scores)?.dims;
  const bound = bindRows(graph, withOwnDims(needs.inputDims), batch);
  const perTarget = batch === undefined && sharesForward(needs, optimize) ? bytesPerTarget(bound) : undefined;
  return {
    ...needs,
    key,
    inputs: graph.inputs,
    rowBytes: peakRowBytes(bound, {}, batch),
    rowFlops: countFlops(bound, batch).total / (batch ?? 1),
    rowWork: countWork(bound, {}, batch),
    sessionBytes: sessionBytes(graph),
    mixes: mixesWhen(needs, optimize),
    findsTopClass: needs.gradients.length > 0 && findsTopClass(scores),
    ...(perTarget !== undefined && { bytesPerTarget: perTarget }),
  };
}

/** The graph as files have it: the rows of the cotangent have a name of their own where several targets share a row. */
export const writtenGraph = (graph: Graph, needs: ResolvedNeeds, optimize: Optimize): Graph =>
  needs.hessianVector === undefined && sharesForward(needs, optimize) ? withTargetRows(graph) : graph;

/** Compiler of graphs at run time: it differentiates the model's graph for whatever a method needs. */
export const graphCompiler: GraphCompiler = {
  compile(model, needs, { optimize, limits }) {
    const { graph, isBound } = compileFitting(model, needs, optimize, { limits });
    return {
      isBound,
      describe: (key) => describeVariant(key, needs, graph, optimize, model.fixedBatch),
      file: () => graphFile(writtenGraph(graph, needs, optimize)),
      beside: (engine) => treesBeside(engine, graph),
    };
  },
  ...rowCounters,
  readModel: (source) => Model.read(source),
  isStorable,
};
