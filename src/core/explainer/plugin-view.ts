/**
 * A model as methods see it. Methods share their process with those of other tenants, so nothing that they are handed may
 * change what later requests compute: objects are frozen, and weights are copies.
 */
import type { ModelInfo } from '../model/info.ts';
import type { Attribute, Constant, Graph, Node } from '../onnx/graph.ts';

/**
 * Makes the view of a model's facts.
 * @returns the same facts; writing to them throws a TypeError, and `graph` is a {@link graphView}
 */
export function modelView<T extends ModelInfo>(info: T): T {
  const known = modelViews.get(info) ?? viewOf(info);
  modelViews.set(info, known);
  return known as T;
}

const modelViews = new WeakMap<ModelInfo, ModelInfo>();

function viewOf(info: ModelInfo): ModelInfo {
  return new Proxy(info, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      return key === 'graph' ? graphView(value as Graph) : frozen(value);
    },
    set: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
    setPrototypeOf: () => false,
  });
}

const views = new WeakMap<Graph, Graph>();

/** Makes the view of a graph: nodes are frozen, and the bytes of each constant are copied whenever they are read. */
export function graphView(graph: Graph): Graph {
  const known = views.get(graph);
  if (known) return known;
  const view: Graph = Object.freeze({
    ...graph,
    opsets: frozen(graph.opsets),
    inputs: frozen(graph.inputs),
    outputs: frozen(graph.outputs),
    nodes: Object.freeze(graph.nodes.map(nodeView)),
    constants: mapView(graph.constants, constantView),
    ...(graph.declared && { declared: mapView(graph.declared, frozen) }),
  });
  views.set(graph, view);
  // The view of a view is itself.
  views.set(view, view);
  return view;
}

function nodeView(node: Node): Node {
  const attributes = Object.entries(node.attributes);
  if (!attributes.some(([, { type }]) => type === 'graph' || type === 'tensor')) return frozen(node);
  const copied = attributes.map(([name, attribute]) => [name, attributeView(attribute)]);
  return frozen({ ...node, attributes: Object.fromEntries(copied) as Node['attributes'] });
}

function attributeView(attribute: Attribute): Attribute {
  if (attribute.type === 'graph') return { ...attribute, value: graphView(attribute.value) };
  return attribute.type === 'tensor' ? { ...attribute, value: constantView(attribute.value) } : attribute;
}

const constantView = ({ bytes, ...constant }: Constant): Constant =>
  Object.freeze({
    ...constant,
    dims: frozen(constant.dims),
    get bytes() {
      return bytes.slice();
    },
  });

/** A map that cannot be changed. Values are viewed when they are first read. */
function mapView<V extends object>(map: ReadonlyMap<string, V>, view: (value: V) => V): ReadonlyMap<string, V> {
  const viewed = new Map<string, V>();
  const get = (key: string): V | undefined => {
    const value = map.get(key);
    if (value === undefined) return undefined;
    const known = viewed.get(key) ?? view(value);
    viewed.set(key, known);
    return known;
  };
  function* entries(): MapIterator<[string, V]> {
    for (const key of map.keys()) yield [key, get(key) as V];
  }
  function* values(): MapIterator<V> {
    for (const [, value] of entries()) yield value;
  }
  const readOnly: ReadonlyMap<string, V> = Object.freeze({
    get size() {
      return map.size;
    },
    get,
    has: (key: string) => map.has(key),
    keys: () => map.keys(),
    values,
    entries,
    [Symbol.iterator]: entries,
    forEach(call: (value: V, key: string, all: ReadonlyMap<string, V>) => void) {
      for (const [key, value] of entries()) call(value, key, readOnly);
    },
  });
  return readOnly;
}

/** Freezes plain objects and lists, with all that they hold. Typed arrays and maps stay as they are. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value)) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== Array.prototype && prototype !== null) return value;
  Object.freeze(value);
  for (const member of Object.values(value)) frozen(member);
  return value;
}
