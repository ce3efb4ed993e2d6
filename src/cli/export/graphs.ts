/** The graphs that methods evaluate, as an inference server needs them: one model for each. */

import type { Optimize } from '../../core/autodiff/compile.ts';
import { WhylightError } from '../../core/errors.ts';
import { ownNeeds } from '../../core/method/contract.ts';
import { parseParams } from '../../core/method/params.ts';
import type { MethodRegistry } from '../../core/method/registry.ts';
import type { Model } from '../../core/model/model.ts';
import type { Graph } from '../../core/onnx/graph.ts';
import type { ModelBytes } from '../../core/onnx/model-bytes.ts';
import { compileVariant, graphFile, writtenGraph } from '../../core/plan/compile-variant.ts';
import { type ResolvedNeeds, resolveNeeds, variantKey } from '../../core/plan/variant.ts';
import { graphName } from '../../protocol/open-inference-engine.ts';

export interface ExportedGraph {
  /** Name on the server, derived from the content, so that {@link graphName} finds it. */
  readonly name: string;
  readonly graph: Graph;
  readonly file: ModelBytes;
  readonly needs: ResolvedNeeds;
  /** Ids of the methods that evaluate it. */
  readonly methods: readonly string[];
}

export interface ExportOptions {
  /** Ids of methods, with their default parameters. */
  readonly methods: readonly string[];
  readonly registry: MethodRegistry;
  /** As the explainer that will call the server compiles. */
  readonly optimize: Optimize;
  /** Tensor that is explained; the model's logits when left out. */
  readonly scores?: string;
}

/** Methods by the reason why none of their graphs is exported. */
export type LeftOut = Readonly<Record<string, string>>;

/**
 * Makes every graph that the methods evaluate, each once.
 * @param leaveOut true for methods that nobody named one by one: those that do not apply are left out
 * @returns the graphs, and the methods that were left out
 * @throws WhylightError `unsupported_operator` for a model with operators that are not of ai.onnx, which a server may not
 * have; and without `leaveOut` `method_not_found`, `unprocessable_method`, `not_differentiable`
 */
export async function exportedGraphs(
  model: Model,
  { methods, registry, optimize, scores }: ExportOptions,
  leaveOut = false,
): Promise<{ readonly graphs: ExportedGraph[]; readonly leftOut: LeftOut }> {
  const wanted = new Map<string, { readonly needs: ResolvedNeeds; readonly methods: string[] }>();
  const leftOut: Record<string, string> = {};
  const unless = (ids: readonly string[], work: () => Graph | undefined): Graph | undefined => {
    try {
      return work();
    } catch (error) {
      if (!leaveOut || !WhylightError.is(error)) throw error;
      for (const id of ids) leftOut[id] = error.message;
      return undefined;
    }
  };
  for (const id of methods) {
    unless([id], () => {
      for (const needs of needsOf(model, id, registry, scores)) {
        const key = variantKey(model, needs, optimize);
        const known = wanted.get(key);
        if (!known) wanted.set(key, { needs, methods: [id] });
        else if (!known.methods.includes(id)) known.methods.push(id);
      }
      return undefined;
    });
  }
  const graphs: ExportedGraph[] = [];
  for (const { needs, methods: users } of wanted.values()) {
    const graph = unless(users, () => writtenGraph(compileVariant(model, needs, optimize), needs, optimize));
    if (!graph) continue;
    refuseForeign(graph);
    const file = graphFile(graph);
    graphs.push({ name: await graphName(file), graph, file, needs, methods: users });
  }
  return { graphs, leftOut };
}

/** Graphs that a method needs with its default parameters. @throws WhylightError */
function needsOf(model: Model, id: string, registry: MethodRegistry, scores: string | undefined): ResolvedNeeds[] {
  const info = model.info({ scores });
  const entry = registry.get(id);
  const params = parseParams(entry.method, {}, entry);
  return Object.values(ownNeeds(entry.method.needs(params, info, registry))).map((needs) => resolveNeeds(needs, info));
}

function refuseForeign({ nodes }: Graph): void {
  const foreign = [...new Set(nodes.filter(({ domain }) => domain !== '').map(({ domain, op }) => `${domain}.${op}`))];
  if (foreign.length === 0) return;
  throw new WhylightError(
    'unsupported_operator',
    `The model uses ${foreign.join(', ')}: only operators of ai.onnx can be exported. Export the model without the optimisations of one runtime.`,
    { operators: foreign },
  );
}
