/** The layer that CAM methods take by themselves, and how its places lie in the image. */
import { ancestorsOf } from '../../onnx/edit.ts';
import type { Graph, Node } from '../../onnx/graph.ts';
import { traitsOf } from '../../onnx/operators.ts';
import { isNormalisation } from '../attention.ts';
import { type Demand, demandOf } from './demand.ts';
import { type ElementParts, elementParts } from './element-parts.ts';
import { type Axis, isPlaced, type Places } from './factors.ts';
import type { PlacesByName, Values } from './places.ts';
import { type ExplainedElement, wideEnough } from './reach.ts';

/** Order of channels and places in a layer. */
export interface LayerLayout {
  readonly channels: 'first' | 'last';
  /** Leading tokens that stand for no place. */
  readonly prefix: number;
  readonly grid: readonly [height: number, width: number];
  /** Place of each position, counted row by row; absent where positions are in that order. */
  readonly order?: readonly number[];
}

/**
 * Layout of a tensor of channels over the places of an image, also in blocks; undefined for heads, windows in the batch,
 * and what else is no image.
 */
export function layoutOfPlaces({ axes, grid }: Places): LayerLayout | undefined {
  const [batch, ...own] = axes;
  if (isPlaced(batch) || grid[0] * grid[1] <= 1 || own.length < 2) return undefined;
  const [first, last] = [own[0] as Axis, own.at(-1) as Axis];
  const [tokens] = first;
  if (tokens?.kind === 'tokens') {
    const alone = first.length === 1 && own.length === 2 && !isPlaced(last);
    return alone ? { channels: 'last', prefix: tokens.prefix ?? 0, grid } : undefined;
  }
  const channels = isPlaced(first) || own.length === 1 ? 'last' : 'first';
  if (channels === 'last' && isPlaced(last)) return undefined;
  const placed = channels === 'last' ? own.slice(0, -1) : own.slice(1);
  if (isRowByRow(placed, grid)) return { channels, prefix: 0, grid };
  const order = orderOf(placed, grid);
  if (!order) return undefined;
  const isInOrder = order.every((place, i) => place === i);
  if (isInOrder) return { channels, prefix: 0, grid };
  return channels === 'last' ? { channels, prefix: 0, grid, order } : undefined;
}

/** Maximum number of positions that are listed one by one: 1024 x 1024. */
const MAX_POSITIONS = 2 ** 20;

/** True for an axis of all rows and then one of all columns, as feature maps have them. */
function isRowByRow(axes: readonly Axis[], [height, width]: Places['grid']): boolean {
  const [y, x, ...more] = axes.flat();
  if (y?.kind !== 'y' || x?.kind !== 'x' || more.length > 0) return false;
  return y.size === height && y.stride === 1 && x.size === width && x.stride === 1;
}

/** Place of each position, row by row; undefined where positions are not all places of the image, each once. */
function orderOf(axes: readonly Axis[], [height, width]: Places['grid']): readonly number[] | undefined {
  const factors = axes.flat();
  const positions = factors.reduce((product, { size }) => product * size, 1);
  if (positions !== height * width || positions > MAX_POSITIONS) return undefined;
  let places = [0];
  for (const { kind, size, stride } of factors) {
    if (kind !== 'y' && kind !== 'x') return undefined;
    const step = kind === 'y' ? stride * width : stride;
    places = places.flatMap((base) => Array.from({ length: size }, (_, i) => base + i * step));
  }
  return new Set(places).size === places.length ? places : undefined;
}

export interface CamSearch {
  readonly graph: Graph;
  readonly values: Values;
  readonly places: PlacesByName;
  readonly scores: string;
  /** Element of a row of the scores that is explained alone; all of them when absent. */
  readonly element?: ExplainedElement | undefined;
  /** Feature maps, nearest to the scores first. */
  readonly maps: readonly string[];
}

/**
 * The last layer in order from which every later step mixes places by pooling or by a class token alone: tokens in
 * front of the last attention or token mixing, or a feature map behind it. Predictions of single places are no layer,
 * nor is what a part of the scores does not depend on.
 */
export function camLayerOf(search: CamSearch): string | undefined {
  const { graph, values, places, scores, maps } = search;
  const demand = demandOf(graph, values, places, scores);
  const shared = sharedBy(search);
  const isLayer = (name: string): boolean =>
    demand.get(name) === 'all' && isDrawn(places.get(name)) && shared.has(name);
  const isAlive = (name: string): boolean => demand.has(name) && isDrawn(places.get(name));
  // Where every map is a prediction, the last one is better than none.
  const map = wideEnough(search, maps.filter(isLayer)) ?? maps.find(isLayer) ?? maps.find(isAlive);
  const mixing = graph.nodes.findLast((node) => mixes(node, search, demand));
  if (!mixing) return map;
  const before = ancestorsOf(graph, mixing.outputs[0] as string);
  if (map !== undefined && !before.has(map) && ancestorsOf(graph, map).has(mixing.outputs[0] as string)) return map;
  return tokensBefore(graph, mixing, before, isLayer) ?? map;
}

const isDrawn = (places: Places | undefined): boolean => places !== undefined && layoutOfPlaces(places) !== undefined;

const ATTENTION = new Set(['Attention', 'MultiHeadAttention', 'GroupQueryAttention', 'QAttention']);

/** A product over places: attention, or a layer that mixes tokens. */
function mixes(node: Node, { places }: CamSearch, demand: ReadonlyMap<string, Demand>): boolean {
  if (!node.outputs.some((name) => demand.has(name))) return false;
  const [left, right] = node.inputs.map((name) => places.get(name)?.axes);
  if (ATTENTION.has(node.op)) return true;
  if (node.op === 'MatMul') return isPlaced(left?.at(-1)) || isPlaced(right?.at(-2));
  return node.op === 'Conv' && left?.length === 3 && isPlaced(left[1]);
}

/** The nearest normalised tokens in front of a node; where there are none, the nearest tokens. */
function tokensBefore(
  graph: Graph,
  node: Node,
  before: ReadonlySet<string>,
  isLayer: (name: string) => boolean,
): string | undefined {
  const makers = new Map(graph.nodes.flatMap((each) => each.outputs.map((name) => [name, each] as const)));
  const earlier = graph.nodes.slice(0, graph.nodes.indexOf(node)).reverse();
  const layers = earlier.flatMap((each) => {
    const [output = ''] = each.outputs;
    return before.has(output) && isLayer(output) ? [each] : [];
  });
  const normalised = layers.find((each) => isNormalisation(graph, each, makers));
  return (normalised ?? layers[0])?.outputs[0];
}

/** The feature map nearest to the scores that every part of them depends on; else the nearest one. */
export function nearestShared(search: SharedSearch, maps: readonly string[]): string | undefined {
  const shared = sharedBy(search);
  return maps.find((name) => shared.has(name)) ?? maps[0];
}

type SharedSearch = Pick<CamSearch, 'graph' | 'values' | 'scores' | 'element'>;

/** Tensors that every part of the explained scores depends on, predictions of single places left out. */
function sharedBy({ graph, values, scores, element }: SharedSearch): ReadonlySet<string> {
  const ofElement = element && elementParts(graph, values, element.tensor ?? scores, element.index);
  const { same, parts } = ofElement ?? scoreParts(graph, values, scores);
  const shares = parts
    .map((part) => ancestorsOf(graph, part))
    .filter((share) => graph.inputs.some(({ name }) => share.has(name)));
  const [first = new Set<string>(), ...others] = shares;
  // Scores that are a list are no places: what is flattened into one is a feature map.
  const isList = (values.get(scores)?.dims?.length ?? 0) < 3;
  const shared = [...first].filter((name) => !same.has(name) && others.every((share) => share.has(name)));
  return new Set(isList ? [...same, ...shared] : shared);
}

/** The nodes that compute the scores, behind those that only move or scale them. */
function scoreParts(graph: Graph, values: Values, scores: string): ElementParts {
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const isFloat = (name: string): boolean => values.get(name)?.dtype.includes('float') ?? false;
  const same = new Set<string>();
  const parts: string[] = [];
  const walk = [scores];
  for (let name = walk.pop(); name !== undefined; name = walk.pop()) {
    if (same.has(name)) continue;
    same.add(name);
    const node = makers.get(name);
    if (!node) continue;
    const { weights, pooling, elementwise, movesData, transparent } = traitsOf(node);
    const goesOn = movesData || transparent || elementwise || node.op === 'Softmax' || ARITHMETIC.has(node.op);
    if (weights || pooling || !goesOn) parts.push(name);
    else walk.push(...node.inputs.filter((input) => isFloat(input) && !graph.constants.has(input)));
  }
  return { same, parts };
}

const ARITHMETIC = new Set('Add Sub Mul Div Concat'.split(' '));
