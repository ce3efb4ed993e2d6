/** Facts about a model as plain data, for methods in another isolate. */
import { LruCache } from '../lru-cache.ts';
import type { LayerLayout } from '../model/cam/cam-layer.ts';
import type { ModelInfo, RowFeatures, TensorInfo } from '../model/info.ts';
import { noTensor } from '../model/no-tensor.ts';
import type { Graph } from '../onnx/graph.ts';
import { copyGraph, type GraphCopy, openCopy } from './graph-copy.ts';

/** Facts about a model without those that belong to one row. */
export interface ModelCopy {
  readonly facts: Omit<ModelInfo, 'layout' | 'graph' | 'tensor' | 'features'>;
  /** Every tensor of the graph whose shape is known, and the names of the others. */
  readonly tensors: readonly TensorInfo[];
  readonly others: readonly string[];
  /** Layouts by name; undefined where the places of no image are followed. */
  readonly layouts?: Readonly<Record<string, LayerLayout>>;
  readonly graph: GraphCopy;
}

/** Reference to a model that the other side may know, with the features of the explained row. */
export interface ModelReference {
  readonly id: string;
  readonly features?: RowFeatures;
}

/** Ids of models: the same facts have the same id. */
export class ModelIds {
  private readonly known = new LruCache<string>({ capacity: 64 });
  private readonly graphs = new WeakMap<Graph, string>();

  /** Refers to a model. */
  refer(info: ModelInfo): ModelReference {
    const graph = this.graphs.get(info.graph) ?? crypto.randomUUID();
    this.graphs.set(info.graph, graph);
    const key = JSON.stringify([graph, factsOf(info)]);
    const id = this.known.get(key)?.value ?? crypto.randomUUID();
    this.known.set(key, id);
    const { features } = info;
    return { id, ...(features && { features: copyFeatures(features) }) };
  }
}

const copyFeatures = ({ count, mask, names }: RowFeatures): RowFeatures => ({
  count,
  mask: Object.fromEntries(Object.entries(mask).map(([name, of]) => [name, of.slice()])),
  ...(names && { names }),
});

function factsOf(info: ModelInfo): ModelCopy['facts'] {
  const { inputs, sources, scores, probability, camLayer, isLocal, spatialLayers, concepts } = info;
  return {
    ...{ inputs, sources, scores, spatialLayers },
    ...(probability && { probability }),
    ...(camLayer && { camLayer }),
    ...(isLocal !== undefined && { isLocal }),
    ...(concepts && { concepts }),
  };
}

/** Copies the facts of a model, with its graph. */
export function copyModel(info: ModelInfo): ModelCopy {
  const { graph } = info;
  const named = [...graph.inputs.map(({ name }) => name), ...graph.constants.keys()];
  const names = new Set([...named, ...graph.nodes.flatMap(({ outputs }) => outputs.filter(Boolean))]);
  const tensors: TensorInfo[] = [];
  const others: string[] = [];
  const layouts: Record<string, LayerLayout> = {};
  for (const name of names) {
    try {
      tensors.push(info.tensor(name));
    } catch {
      others.push(name);
      continue;
    }
    const layout = info.layout?.(name);
    if (layout) layouts[name] = layout;
  }
  // Facts may be proxies of frozen objects, which cannot be cloned.
  const plain = JSON.parse(JSON.stringify({ facts: factsOf(info), tensors, others, layouts }));
  return { ...plain, ...(info.layout ? {} : { layouts: undefined }), graph: copyGraph(graph) };
}

/** Makes the facts of a copy that has arrived. */
export function openModel({ facts, tensors, others, layouts, graph }: ModelCopy): ModelInfo {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  return {
    ...facts,
    graph: openCopy(graph),
    ...(layouts && { layout: (name: string) => layouts[name] }),
    tensor(name) {
      const tensor = byName.get(name);
      if (tensor) return tensor;
      throw noTensor(name, [...byName.keys(), ...others], others.includes(name));
    },
  };
}
