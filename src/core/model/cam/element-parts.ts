/** Follows one element of the scores back to the parts of the network that it comes from, such as one level of a head. */
import { intAttribute, intsAttribute } from '../../onnx/attributes.ts';
import type { Graph, Node } from '../../onnx/graph.ts';
import { traitsOf } from '../../onnx/operators.ts';
import { contentOf, type Values } from './places.ts';

/** A tensor, and an element of its only row. */
interface Place {
  readonly name: string;
  /** Flat index, row-major. */
  readonly index: number;
}

/** Tensors on the way, which only move or scale the element, and the parts at which the way ends. */
export interface ElementParts {
  readonly same: ReadonlySet<string>;
  readonly parts: readonly string[];
}

/** Elements on the way at most: what needs more is no single score. */
const MAX_STEPS = 4096;

/**
 * Follows an element through nodes that move elements or compute each from the same one. Undefined where an operator on
 * the way cannot be followed.
 * @param values types for a single row, with every extent known
 */
export function elementParts(graph: Graph, values: Values, scores: string, element: number): ElementParts | undefined {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const same = new Set<string>();
  const parts = new Set<string>();
  const seen = new Set<string>();
  const walk: Place[] = [{ name: scores, index: element }];
  for (let place = walk.pop(); place !== undefined; place = walk.pop()) {
    const key = `${place.index} ${place.name}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > MAX_STEPS) return undefined;
    const node = makers.get(place.name);
    if (!node) continue;
    same.add(place.name);
    const { weights, pooling } = traitsOf(node);
    if (weights || pooling || node.op === 'MatMul' || node.op === 'Gemm') {
      parts.add(place.name);
      continue;
    }
    const before = sourcesOf(node, place, values);
    if (!before) return undefined;
    walk.push(...before.filter(({ name }) => isFloat(values, name) && !graph.constants.has(name)));
  }
  return parts.size === 0 ? undefined : { same, parts: [...parts] };
}

const isFloat = (values: Values, name: string): boolean => values.get(name)?.dtype.includes('float') ?? false;

const KEEPS_ORDER = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity', 'Cast', 'Dropout', 'Softmax']);
const ELEMENTWISE = new Set(['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min']);

/** Elements that an element of a node's output is computed from; undefined where that is not known. */
function sourcesOf(node: Node, { name, index }: Place, values: Values): Place[] | undefined {
  const dims = dimsOf(values, name);
  const [first = ''] = node.inputs;
  const from = dimsOf(values, first);
  if (!dims) return undefined;
  if (KEEPS_ORDER.has(node.op)) return [{ name: first, index }];
  const place = unravelled(index, dims);
  if (node.op === 'Transpose' && from) {
    const order = intsAttribute(node, 'perm', [...dims.keys()].reverse());
    const before = new Array<number>(dims.length).fill(0);
    for (const [axis, source] of order.entries()) before[source] = place[axis] as number;
    return [{ name: first, index: ravelled(before, from) }];
  }
  if (node.op === 'Concat') return concatenated(node, place, values);
  if ((node.op === 'Slice' || node.op === 'Split') && from) return cutOut(node, name, place, from, values);
  const { elementwise } = traitsOf(node);
  return elementwise || ELEMENTWISE.has(node.op) ? broadcasts(node, place, values) : undefined;
}

function concatenated(node: Node, place: readonly number[], values: Values): Place[] | undefined {
  const stated = intAttribute(node, 'axis', 0);
  const axis = stated < 0 ? stated + place.length : stated;
  let start = 0;
  for (const name of node.inputs) {
    const dims = dimsOf(values, name);
    const extent = dims?.[axis];
    if (!dims || extent === undefined) return undefined;
    const within = (place[axis] as number) - start;
    if (within < extent) return [{ name, index: ravelled(place.with(axis, within), dims) }];
    start += extent;
  }
  return undefined;
}

function cutOut(
  node: Node,
  output: string,
  place: readonly number[],
  from: readonly number[],
  values: Values,
): Place[] | undefined {
  const [first = ''] = node.inputs;
  const before = [...place];
  if (node.op === 'Split') {
    const stated = intAttribute(node, 'axis', 0);
    const axis = stated < 0 ? stated + from.length : stated;
    for (const name of node.outputs.slice(0, node.outputs.indexOf(output))) {
      before[axis] = (before[axis] as number) + (dimsOf(values, name)?.[axis] ?? Number.NaN);
    }
  } else {
    const [, starts, ends, axes, steps] = node.inputs.map((name) => contentOf(values, name));
    if (!starts || !ends) return undefined;
    for (const [i, start] of starts.entries()) {
      const stated = axes?.[i] ?? i;
      const axis = stated < 0 ? stated + from.length : stated;
      const extent = from[axis] as number;
      const step = steps?.[i] ?? 1;
      if (step < 1) return undefined;
      before[axis] =
        Math.min(Math.max(start < 0 ? start + extent : start, 0), extent) + (before[axis] as number) * step;
    }
  }
  return before.every(Number.isFinite) ? [{ name: first, index: ravelled(before, from) }] : undefined;
}

/** The element of each operand that stands at the place, or is spread over it. */
function broadcasts(node: Node, place: readonly number[], values: Values): Place[] | undefined {
  const all = node.inputs.map((name): Place | undefined => {
    const dims = name === '' ? [] : dimsOf(values, name);
    if (!dims) return undefined;
    const own = place.slice(place.length - dims.length);
    return {
      name,
      index: ravelled(
        own.map((at, axis) => (dims[axis] === 1 ? 0 : at)),
        dims,
      ),
    };
  });
  return all.every((one) => one !== undefined) ? all : undefined;
}

function dimsOf(values: Values, name: string): readonly number[] | undefined {
  const dims = values.get(name)?.dims;
  return dims?.every((dim) => typeof dim === 'number') ? (dims as readonly number[]) : undefined;
}

function unravelled(index: number, dims: readonly number[]): number[] {
  const place = new Array<number>(dims.length);
  let rest = index;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    const extent = dims[axis] as number;
    place[axis] = rest % extent;
    rest = Math.floor(rest / extent);
  }
  return place;
}

const ravelled = (place: readonly number[], dims: readonly number[]): number =>
  place.reduce((index, at, axis) => index * (dims[axis] as number) + at, 0);
