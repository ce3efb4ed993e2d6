/**
 * Follows the places of an image through a graph: which axis of a tensor counts rows and columns of the image, also in
 * blocks, windows and lists of tokens.
 */
import { intAttribute, intsAttribute } from '../../onnx/attributes.ts';
import type { Graph, Node } from '../../onnx/graph.ts';
import type { Inferred } from '../../onnx/infer.ts';
import { traitsOf } from '../../onnx/operators.ts';
import { type Axis, isPlaced, isRowMajor, other, type Places, regrouped, same, whole } from './factors.ts';

/** Types of values with every extent known; batches have one row. */
export type Values = ReadonlyMap<string, Inferred>;

export type PlacesByName = ReadonlyMap<string, Places>;

/** Layout of an input image: one letter for each axis, `NCHW`. */
export interface ImageInput {
  readonly name: string;
  readonly layout: string;
}

/** Places of every tensor for which they are known. */
export function placesOf(graph: Graph, values: Values, { name, layout }: ImageInput): PlacesByName {
  const found = new Map<string, Places>();
  const dims = shapeOf(values, name);
  if (dims?.length !== layout.length) return found;
  const [height, width] = [dims[layout.indexOf('H')] ?? 1, dims[layout.indexOf('W')] ?? 1];
  const axes = dims.map((size, i) =>
    layout[i] === 'H' ? whole('y', size) : layout[i] === 'W' ? whole('x', size) : other(size),
  );
  found.set(name, { axes, grid: [height, width] });
  for (const node of graph.nodes) {
    if (!node.inputs.some((input) => found.has(input)) && traitsOf(node).featureMap !== 'yes') continue;
    const step = new Step(node, values, found, [height, width]);
    for (const output of node.outputs) {
      const dims = shapeOf(values, output);
      const places = dims && step.places(dims);
      if (places) found.set(output, places);
    }
  }
  return found;
}

/** Content of a small value whose elements are numbers. */
export function contentOf(values: Values, name: string): readonly number[] | undefined {
  const content = values.get(name)?.value;
  return content?.every((element) => typeof element === 'number') ? (content as readonly number[]) : undefined;
}

function shapeOf(values: Values, name: string): readonly number[] | undefined {
  const dims = values.get(name)?.dims;
  return dims?.every((dim) => typeof dim === 'number') ? (dims as readonly number[]) : undefined;
}

const RESHAPES = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']);

/** One node with what is known of its inputs. */
class Step {
  private readonly node: Node;
  private readonly values: Values;
  private readonly found: ReadonlyMap<string, Places>;
  private readonly first: Places | undefined;
  private readonly image: Places['grid'];

  constructor(node: Node, values: Values, found: ReadonlyMap<string, Places>, image: Places['grid']) {
    this.image = image;
    this.node = node;
    this.values = values;
    this.found = found;
    this.first = found.get(node.inputs[0] ?? '');
  }

  /** @param dims shape of the output; undefined where its places are not known */
  places(dims: readonly number[]): Places | undefined {
    const { node, first } = this;
    const { op, domain } = node;
    if (op === 'MatMul' || op === 'FusedMatMul') return this.product(dims);
    if (domain === '' && op === 'Concat') return this.concatenated(dims);
    if (!first) return traitsOf(node).featureMap === 'yes' ? this.anew(dims) : this.elementwise(dims);
    if (RESHAPES.has(op) && domain === '') return laid(regrouped(first.axes, dims), first.grid);
    if (op === 'Transpose') {
      const order = intsAttribute(node, 'perm', []);
      return { ...first, axes: order.map((axis) => first.axes[axis] as Axis) };
    }
    if (op === 'Slice' || op === 'Split' || op === 'Gather') return this.part(dims);
    if (op === 'Pad') return this.padded(dims);
    const { featureMap, pooling, movesData, transparent } = traitsOf(node);
    if (featureMap === 'yes' || pooling) return this.window(dims);
    if (movesData && !transparent && op !== 'Where' && op !== 'Expand') return undefined;
    return this.elementwise(dims);
  }

  private dimsOf(name: string | undefined): readonly number[] | undefined {
    return name ? shapeOf(this.values, name) : undefined;
  }

  private contentOf(input: number): readonly number[] | undefined {
    return contentOf(this.values, this.node.inputs[input] ?? '');
  }

  /** Places of operands of the output's shape; operands that disagree leave nothing known. */
  private elementwise(dims: readonly number[]): Places | undefined {
    const operands = this.node.inputs.flatMap((name) => {
      const places = this.found.get(name);
      const own = this.dimsOf(name);
      const isKnown = places?.axes.some(isPlaced) && String(own) === String(dims);
      return places && isKnown ? [places] : [];
    });
    const [first, ...others] = operands;
    if (!first) return undefined;
    return others.every((places) => agree(first, places)) ? first : undefined;
  }

  /** Convolution and pooling: a map of another size, or the same places mixed. */
  private window(dims: readonly number[]): Places | undefined {
    const { first } = this;
    if (!first) return undefined;
    const { axes, grid } = first;
    const isMap =
      dims.length === 4 && isAll(axes[2], 'y', grid[0]) && isAll(axes[3], 'x', grid[1]) && !isPlaced(axes[1]);
    const [, channels = 1, height = 1, width = 1] = dims;
    if (isMap) return { axes: [[], other(channels), whole('y', height), whole('x', width)], grid: [height, width] };
    const own = this.dimsOf(this.node.inputs[0]);
    const keeps = dims.length === 3 && own?.[2] === dims[2] && !isPlaced(axes[1]);
    return keeps ? { ...first, axes: [axes[0] as Axis, other(channels), axes[2] as Axis] } : undefined;
  }

  /**
   * Map of a convolution over what was not followed (a stem that takes every second pixel): an image again if it has the
   * proportions of one.
   */
  private anew([rows, channels = 1, height = 1, width = 1, ...more]: readonly number[]): Places | undefined {
    const [imageHeight, imageWidth] = this.image;
    const ratio = (height * imageWidth) / (width * imageHeight);
    if (more.length > 0 || height * width <= 1 || Math.abs(Math.log(ratio)) > 0.2) return undefined;
    return { axes: [other(rows ?? 1), other(channels), whole('y', height), whole('x', width)], grid: [height, width] };
  }

  /** Places of the left operand's rows, and of the right one's columns. */
  private product(dims: readonly number[]): Places | undefined {
    const [left, right] = this.node.inputs.map((name) => this.found.get(name));
    const known = left ?? right;
    if (!known || (left && right && String(left.grid) !== String(right.grid))) return undefined;
    const batch = (places: Places | undefined): readonly Axis[] | undefined =>
      places && places.axes.length === dims.length ? places.axes.slice(0, -2) : undefined;
    const outer = batch(left) ?? batch(right);
    if (!outer) return undefined;
    const rows = left?.axes.at(-2) ?? other(dims.at(-2) ?? 1);
    const columns = right && right.axes.length >= 2 ? (right.axes.at(-1) as Axis) : other(dims.at(-1) ?? 1);
    return laid([...outer, rows, columns], known.grid);
  }

  private concatenated(dims: readonly number[]): Places | undefined {
    const { node } = this;
    const stated = intAttribute(node, 'axis', 0);
    const axis = stated < 0 ? stated + dims.length : stated;
    const parts = node.inputs.map((name) => ({ places: this.found.get(name), size: this.dimsOf(name)?.[axis] ?? 0 }));
    const placed = parts.flatMap(({ places }) => (places ? [places] : []));
    const [first] = placed;
    if (!first) return undefined;
    const elsewhere = placed.every((places) =>
      agree({ ...first, axes: first.axes.toSpliced(axis, 1) }, { ...places, axes: places.axes.toSpliced(axis, 1) }),
    );
    if (!elsewhere) return undefined;
    if (!placed.some(({ axes }) => isPlaced(axes[axis]))) {
      return { ...first, axes: first.axes.with(axis, other(dims[axis] ?? 1)) };
    }
    const last = parts.at(-1);
    const prefix = parts.slice(0, -1).reduce((sum, { size }) => sum + size, 0);
    const isTokens = last?.places && parts.slice(0, -1).every(({ places }) => !isPlaced(places?.axes[axis]));
    return isTokens ? withPrefix(last.places as Places, axis, prefix) : undefined;
  }

  /** Zeros in front of tokens stand for a class token that nothing is added to. */
  private padded(dims: readonly number[]): Places | undefined {
    const { first } = this;
    const pads = this.contentOf(1);
    const own = this.dimsOf(this.node.inputs[0]);
    if (!first || !own) return undefined;
    const changed = dims.flatMap((size, axis) => (size === own[axis] ? [] : [axis]));
    const [axis] = changed;
    if (axis === undefined) return first;
    if (changed.some((each) => isPlaced(first.axes[each])) && changed.length === 1) {
      const front = pads?.[axis] ?? 0;
      if (front > 0 && front + (own[axis] ?? 0) === dims[axis]) return withPrefix(first, axis, front);
    }
    return this.window(dims);
  }

  /** Part of an axis: of one without places, or of tokens without those in front. */
  private part(dims: readonly number[]): Places | undefined {
    const { first, node } = this;
    const own = this.dimsOf(node.inputs[0]);
    if (!first || !own) return undefined;
    if (node.op === 'Gather') {
      const stated = intAttribute(node, 'axis', 0);
      const axis = stated < 0 ? stated + own.length : stated;
      if (isPlaced(first.axes[axis])) return undefined;
      if (dims.length < own.length) return { ...first, axes: first.axes.toSpliced(axis, 1) };
    }
    const isReversed = node.op === 'Slice' && (this.contentOf(4) ?? []).some((step) => step < 0);
    if (dims.length !== own.length || isReversed) return undefined;
    const axes = first.axes.map((axis, i) => this.cut(axis, own[i] as number, dims[i] as number, first.grid));
    return axes.every((axis) => axis !== undefined) ? { ...first, axes } : undefined;
  }

  private cut(axis: Axis, before: number, after: number, grid: Places['grid']): Axis | undefined {
    if (before === after) return axis;
    if (!isPlaced(axis)) return other(after);
    const [tokens] = axis;
    const starts = this.node.op === 'Slice' ? this.contentOf(1) : undefined;
    const drops = tokens?.prefix === before - after && starts?.includes(tokens.prefix);
    return drops ? [...whole('y', grid[0]), ...whole('x', grid[1])] : undefined;
  }
}

const laid = (axes: readonly Axis[] | undefined, grid: Places['grid']): Places | undefined => axes && { axes, grid };

const agree = (a: Places, b: Places): boolean =>
  String(a.grid) === String(b.grid) && a.axes.every((axis, i) => same(axis, b.axes[i] ?? []));

const isAll = (axis: Axis | undefined, kind: 'y' | 'x', size: number): boolean =>
  axis !== undefined && same(axis, whole(kind, size));

/** @returns undefined where the axis holds no tokens row by row */
function withPrefix({ axes, grid }: Places, axis: number, prefix: number): Places | undefined {
  const own = axes[axis] as Axis;
  const [tokens] = own;
  const size = grid[0] * grid[1];
  const before = isRowMajor(own, grid) ? 0 : tokens?.kind === 'tokens' ? (tokens.prefix ?? 0) : undefined;
  if (before === undefined) return undefined;
  const all = before + prefix;
  return { grid, axes: axes.with(axis, [{ kind: 'tokens', size: all + size, stride: 1, prefix: all }]) };
}
