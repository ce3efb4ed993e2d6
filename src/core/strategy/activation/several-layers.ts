/** Any method of one layer as a method of several: the mean of their maps. */
import type * as z from 'zod';
import { WhylightError } from '../../errors.ts';
import type { Attribution, ExplainContext, Method, Needs } from '../../method/contract.ts';
import { namedNeeds } from '../../method/contract.ts';
import type { ModelInfo } from '../../model/info.ts';
import { joinedMap, LAYER_MAPS_RETURNED, moreLayersParameter } from './layer-maps.ts';

/** Parameters of a method of one layer. */
interface LayerParams {
  readonly [parameter: string]: unknown;
  readonly target_layer: string;
  readonly more_layers: readonly string[];
  readonly returns?: unknown;
}

/** Needs of one graph, with the layers by number that it serves. */
interface SharedGraph {
  readonly name: string;
  readonly needs: Needs;
}

/**
 * Adds the parameter `more_layers` to a method with the parameter `target_layer`: the method runs once for each layer, and
 * its values are the mean of the maps, each scaled to [0, 1] before. Without further layers the method is unchanged.
 * @param method whose values are one map of one layer
 */
export function overLayers(method: Method): Method {
  const { params, needs, cost, explain } = method;
  return Object.freeze({
    ...method,
    params: params.extend({ more_layers: moreLayersParameter }) as z.ZodObject,
    returns: { ...method.returns, maps: [method.returns?.maps, LAYER_MAPS_RETURNED].filter(Boolean).join('; ') },
    needs: (given, model, methods) => {
      const each = eachLayer(given as LayerParams);
      if (each.length === 1) return needs(given, model, methods);
      const graphs = each.map((own) => namedNeeds(needs(own, model, methods)));
      return { graphs: Object.fromEntries(sharedGraphs(graphs).map(({ name, needs }) => [name, needs])) };
    },
    cost: (given, model, methods, facts) => {
      const costs = eachLayer(given as LayerParams).map((own) => cost(own, model, methods, facts));
      return {
        forwards: costs.reduce((sum, { forwards }) => sum + forwards, 0),
        backwards: costs.reduce((sum, { backwards }) => sum + backwards, 0),
      };
    },
    explain: async (ctx) => {
      const each = eachLayer(ctx.params as LayerParams);
      if (each.length === 1) return explain(ctx);
      const attributions: Attribution[] = [];
      for (const [layer, own] of each.entries()) {
        attributions.push(await explain(contextOf(ctx, own, namesOf(ctx, each, layer, needs))));
      }
      return joinedMap(ctx, attributions, false);
    },
  } satisfies Method);
}

/** The parameters for each layer by itself. */
function eachLayer({ more_layers, ...own }: LayerParams): readonly LayerParams[] {
  const layers = [own.target_layer, ...more_layers];
  if (layers.length > 1 && own.returns !== undefined && own.returns !== 'map') {
    throw new WhylightError('invalid_request', 'more_layers gives the mean of maps: it goes with returns=map.', {
      issues: [{ parameter: 'returns', message: 'must be "map" with more_layers' }],
    });
  }
  return layers.map((target_layer) => ({ ...own, target_layer, more_layers: [] }));
}

/** Name of a layer's own graph where layers share none of that name. */
const nameOf = (graph: string, layer: number): string => `${graph} ${layer}`;

/** One graph for all layers where it takes no fed layer, else one for each. */
function sharedGraphs(layers: readonly Readonly<Record<string, Needs>>[]): SharedGraph[] {
  return Object.keys(layers[0] ?? {}).flatMap((graph): SharedGraph[] => {
    const needs = layers.map((own) => own[graph] as Needs);
    if (needs.some(({ feeds = [] }) => feeds.length > 0)) {
      return needs.map((own, layer) => ({ name: nameOf(graph, layer), needs: own }));
    }
    return [{ name: graph, needs: merged(needs) }];
  });
}

/** The outputs of all graphs in one. */
function merged(all: readonly Needs[]): Needs {
  const [first = {}] = all;
  const join = (pick: (needs: Needs) => readonly string[] | 'sources' | undefined) => {
    const lists = all.flatMap((needs) => pick(needs) ?? []);
    return lists.length > 0 ? [...new Set(lists)] : undefined;
  };
  const gradients = first.gradients === 'sources' ? ('sources' as const) : join((needs) => needs.gradients);
  const activations = join(({ activations }) => activations);
  return { ...first, ...(gradients && { gradients }), ...(activations && { activations }) };
}

/** Names of the graphs of one layer in the joint method. */
function namesOf(
  { model, methods }: { readonly model: ModelInfo; readonly methods: ExplainContext<never>['methods'] },
  each: readonly LayerParams[],
  layer: number,
  needs: Method['needs'],
): (own: string | undefined) => string {
  const graphs = each.map((own) => namedNeeds(needs({ ...own }, model, methods)));
  const shared = new Set(sharedGraphs(graphs).map(({ name }) => name));
  const [main = 'main'] = Object.keys(graphs[layer] ?? {});
  return (own = main) => (shared.has(own) ? own : nameOf(own, layer));
}

/** The context of one layer. Maps that are not precise yet stay within. */
const contextOf = (
  ctx: ExplainContext<Record<string, unknown>>,
  params: LayerParams,
  graphName: (own: string | undefined) => string,
): ExplainContext<Record<string, unknown>> => ({
  ...ctx,
  params: { ...params },
  evaluate: (rows, options) => ctx.evaluate(rows, { ...options, graph: graphName(options?.graph) }),
  partial: () => {},
});
