/** The graphs that methods evaluate, as an inference server needs them: one model for each. */

import type { Optimize } from '../../core/autodiff/compile.ts';
import { WhylightError } from '../../core/errors.ts';
import { ownNeeds } from '../../core/method/contract.ts';
import { parseParams } from '../../core/method/params.ts';
import type { MethodRegistry } from '../../core/method/registry.ts';
import type { Model } from '../../core/model/model.ts';
import type { Graph } from '../../core/onnx/graph.ts';
import type { ModelBytes } from '../../core/onnx/model-bytes.ts';
import { compileVariant, graphFile } from '../../core/plan/compile-variant.ts';
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

/**
 * Every graph that the methods evaluate, each once.
 * @throws WhylightError `method_not_found`, `unprocessable_method`, `not_differentiable`, and `unsupported_operator` for
 * a model with operators that are not of ai.onnx: a server may not have them.
 */
export async function exportedGraphs(
  model: Model,
  { methods, registry, optimize, scores }: ExportOptions,
): Promise<ExportedGraph[]> {
  const info = model.info({ scores });
  const wanted = new Map<string, { readonly needs: ResolvedNeeds; readonly methods: string[] }>();
  for (const id of methods) {
    const entry = registry.get(id);
    const params = parseParams(entry.method, {}, entry);
    for (const needs of Object.values(ownNeeds(entry.method.needs(params, info, registry)))) {
      const resolved = resolveNeeds(needs, info);
      const key = variantKey(model, resolved, optimize);
      const known = wanted.get(key);
      if (!known) wanted.set(key, { needs: resolved, methods: [id] });
      else if (!known.methods.includes(id)) known.methods.push(id);
    }
  }
  const graphs: ExportedGraph[] = [];
  for (const { needs, methods: users } of wanted.values()) {
    const graph = compileVariant(model, needs, optimize);
    refuseForeign(graph);
    const file = graphFile(graph);
    graphs.push({ name: await graphName(file), graph, file, needs, methods: users });
  }
  return graphs;
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
